// Package keyring holds what follows from the master key: the sealing of
// secrets before they become events, and the keys that all instances of one
// log share.
//
// Everything is derived from the master key by HKDF (RFC 5869) with a name of
// its own, so that no two uses share a key. Sealing is AES-256-GCM with a
// random nonce; the key's id and the place of the secret are associated data,
// so that a sealed secret that was moved elsewhere does not open.
package keyring

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MasterKeySize is the size of a master key in bytes.
const MasterKeySize = 32

// ErrWrongKey says that something was sealed with another master key, or was
// altered, or belongs elsewhere.
var ErrWrongKey = errors.New("the master key does not open it")

// Keyring is made from a master key. It may be used by many goroutines.
type Keyring struct {
	master []byte
	seal   cipher.AEAD
	id     []byte
}

// New makes a keyring of a master key of [MasterKeySize] bytes.
func New(master []byte) (*Keyring, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("the master key has %d bytes, %d are needed", len(master), MasterKeySize)
	}
	k := &Keyring{master: bytes.Clone(master)}
	block, err := aes.NewCipher(k.Derive("seal", 32))
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	if k.seal, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	k.id = k.Derive("id", 4)
	return k, nil
}

// Derive returns n bytes that stand for a purpose: always the same for the
// same master key, and nothing can be learned from them of any other.
func (k *Keyring) Derive(purpose string, n int) []byte {
	key, err := hkdf.Key(sha256.New, k.master, nil, "daybook/"+purpose, n)
	if err != nil {
		panic("keyring: " + err.Error()) // n is over 8160: a fault in the program
	}
	return key
}

// Seal encrypts a secret for one place, named by context.
func (k *Keyring) Seal(context, secret string) string {
	nonce := make([]byte, k.seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails: it would end the program
	sealed := k.seal.Seal(append(bytes.Clone(k.id), nonce...), nonce, []byte(secret), k.associated(context))
	return base64.StdEncoding.EncodeToString(sealed)
}

// Open decrypts what [Keyring.Seal] made for the same context. It returns
// [ErrWrongKey] for anything else.
func (k *Keyring) Open(context, sealed string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < len(k.id)+k.seal.NonceSize() || !bytes.Equal(raw[:len(k.id)], k.id) {
		return "", ErrWrongKey
	}
	raw = raw[len(k.id):]
	nonce, ciphertext := raw[:k.seal.NonceSize()], raw[k.seal.NonceSize():]
	secret, err := k.seal.Open(nil, nonce, ciphertext, k.associated(context))
	if err != nil {
		return "", ErrWrongKey
	}
	return string(secret), nil
}

func (k *Keyring) associated(context string) []byte {
	return append(bytes.Clone(k.id), context...)
}

// Parse reads a master key as it stands in a variable or a file: base64 of 32
// bytes.
func Parse(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != MasterKeySize {
		return nil, fmt.Errorf("a master key is the base64 of %d bytes; make one with: openssl rand -base64 %d", MasterKeySize, MasterKeySize)
	}
	return key, nil
}

// NewMasterKey makes a master key, as text for [Parse].
func NewMasterKey() string {
	key := make([]byte, MasterKeySize)
	_, _ = rand.Read(key) // never fails: it would end the program
	return base64.StdEncoding.EncodeToString(key)
}

// NewToken makes an unguessable token of 160 bits, safe in URLs.
func NewToken() string {
	token := make([]byte, 20)
	_, _ = rand.Read(token) // never fails: it would end the program
	return base64.RawURLEncoding.EncodeToString(token)
}

// NewSigningSecret makes a secret of 256 bits, written as Standard Webhooks has
// it.
func NewSigningSecret() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: it would end the program
	return "whsec_" + base64.StdEncoding.EncodeToString(secret)
}

// Load reads a secret from a file.
func Load(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err // it names the file
	}
	return strings.TrimSpace(string(raw)), nil
}

// LoadOrCreate reads a secret from a file that only its owner may read, or
// makes the file with what create returns. Two processes that make it at once
// end with the same. A file that was made survives a crash of the machine.
func LoadOrCreate(path string, create func() string) (string, error) {
	secret, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = create()
	err = writeNew(path, secret)
	if errors.Is(err, fs.ErrExist) {
		return Load(path)
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	return secret, nil
}

// writeNew makes the file appear whole or not at all, and fails if it exists.
func writeNew(path, secret string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // only its other name is to stay
	_, err = f.WriteString(secret + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
