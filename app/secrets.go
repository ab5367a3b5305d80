package app

import (
	"context"
	"fmt"
	"path/filepath"

	"daybook/app/keyring"
	"daybook/domain/es"
)

// openKeyring makes the keyring of the master key that was given, or else of
// the one in the data directory. A new one is made for an empty log only: it
// could not open what an earlier one sealed.
func openKeyring(ctx context.Context, store es.Store, data, given string) (*keyring.Keyring, error) {
	text := given
	if text == "" {
		path := filepath.Join(data, MasterKeyFile)
		head, err := store.Head(ctx)
		if err != nil {
			return nil, err
		}
		if head == es.Start {
			text, err = keyring.LoadOrCreate(path, keyring.NewMasterKey)
		} else {
			text, err = keyring.Load(path)
		}
		if err != nil {
			return nil, fmt.Errorf("find the master key (put the file back, or give DAYBOOK_MASTER_KEY): %w", err)
		}
	}
	master, err := keyring.Parse(text)
	if err != nil && given != "" {
		return nil, fmt.Errorf("DAYBOOK_MASTER_KEY: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(data, MasterKeyFile), err)
	}
	return keyring.New(master)
}

// adminToken is the token that was given, or else the one in the data
// directory, made if there is none.
func adminToken(data, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	path := filepath.Join(data, AdminTokenFile)
	token, err := keyring.LoadOrCreate(path, keyring.NewToken)
	if err == nil && token == "" {
		err = fmt.Errorf("%s is empty: remove it, and a new token is made", path)
	}
	return token, err
}
