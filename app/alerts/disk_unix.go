//go:build darwin || dragonfly || freebsd || linux || openbsd

package alerts

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freePercent is how much of the disk that holds a directory can still be
// written, in per cent.
func freePercent(dir string) (int, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("ask for the disk of %s: %w", dir, err)
	}
	if stat.Blocks == 0 {
		return 100, nil // it has no size of its own
	}
	return int(float64(stat.Bavail) * 100 / float64(stat.Blocks)), nil
}
