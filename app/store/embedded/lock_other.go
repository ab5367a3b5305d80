//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package embedded

import (
	"fmt"
	"os"
	"runtime"
)

func takeLock(path string) (*os.File, error) {
	return nil, fmt.Errorf("lock %s: Daybook does not run on %s: nothing there would keep a second process out of a directory", path, runtime.GOOS)
}

func syncDir(string) error { return nil }

func releaseLock(file *os.File) error { return file.Close() }
