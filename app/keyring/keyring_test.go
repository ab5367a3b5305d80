package keyring

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func ring(t testing.TB) *Keyring {
	t.Helper()
	master, err := Parse(NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(master)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	k, other := ring(t), ring(t)
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.String().Draw(t, "secret")
		context := rapid.StringN(0, 40, -1).Draw(t, "context")
		sealed := k.Seal(context, secret)
		if opened, err := k.Open(context, sealed); err != nil || opened != secret {
			t.Fatalf("opened %q, %v", opened, err)
		}
		if len(secret) >= 4 && strings.Contains(sealed, secret) {
			t.Fatal("the secret can be read in what was sealed")
		}
		if _, err := k.Open(context+"x", sealed); !errors.Is(err, ErrWrongKey) {
			t.Fatalf("opened in another place: %v", err)
		}
		if _, err := other.Open(context, sealed); !errors.Is(err, ErrWrongKey) {
			t.Fatalf("opened with another key: %v", err)
		}
	})
}

func TestAnAlteredSecretDoesNotOpen(t *testing.T) {
	t.Parallel()
	k := ring(t)
	sealed := k.Seal("here", "a secret")
	for i := range len(sealed) {
		c := byte('A')
		if sealed[i] == c {
			c = 'B'
		}
		altered := sealed[:i] + string(c) + sealed[i+1:]
		if opened, err := k.Open("here", altered); err == nil && opened != "a secret" {
			t.Errorf("opened as %q with byte %d altered", opened, i)
		} else if err != nil && !errors.Is(err, ErrWrongKey) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	for _, text := range []string{"", "=", "AAAA", "not base64!"} {
		if _, err := k.Open("here", text); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPurposesDoNotShareKeys(t *testing.T) {
	t.Parallel()
	k := ring(t)
	if string(k.Derive("session", 32)) == string(k.Derive("seal", 32)) {
		t.Error("two purposes have one key")
	}
	first := string(k.Derive("session", 32))
	if string(k.Derive("session", 32)) != first {
		t.Error("one purpose has two keys")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "short", "AAAA", strings.Repeat("A", 100), "!" + NewMasterKey()} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), "openssl") {
			t.Errorf("%q: %v; it is to say how to make one", text, err)
		}
	}
	if _, err := New(make([]byte, 16)); err == nil {
		t.Error("a short master key was taken")
	}
}

func TestLoadOrCreateMakesOneSecretForAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	secrets := make([]string, 16)
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() {
			secret, err := LoadOrCreate(path, NewToken)
			if err != nil {
				t.Error(err)
			}
			secrets[i] = secret
		})
	}
	wg.Wait()
	for _, secret := range secrets {
		if secret == "" || secret != secrets[0] {
			t.Fatalf("different secrets: %q and %q", secrets[0], secret)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Fatalf("left behind: %v, %v", entries, err)
	}
	if _, err := LoadOrCreate(filepath.Join(path, "below-a-file"), NewToken); err == nil {
		t.Error("an impossible path gave no error")
	}
}

func TestLoadMakesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; it is to name the file", err)
	}
	if err := os.WriteFile(path, []byte(" a secret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if secret, err := Load(path); err != nil || secret != "a secret" {
		t.Errorf("%q, %v", secret, err)
	}
}

func TestTokensBeginWithALetter(t *testing.T) {
	t.Parallel()
	for range 1000 {
		token := NewToken()
		if strings.ContainsAny(token[:1], "-_0123456789") {
			t.Fatal(token)
		}
	}
}
