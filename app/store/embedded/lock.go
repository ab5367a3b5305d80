package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

const lockName = "lock"

// Lock keeps other processes out of a directory, and makes it if it is absent,
// as opening a Store does: for a Daybook whose log is elsewhere, and whose read
// models are here. It returns [ErrLocked] if another process, or a Store, has
// the directory. Release may be called more than once.
func Lock(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	file, err := takeLock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return sync.OnceValue(func() error { return releaseLock(file) }), nil
}
