//go:build !(darwin || dragonfly || freebsd || linux || openbsd)

package alerts

import "errors"

// freePercent is not known on this system.
func freePercent(string) (int, error) { return 0, errors.ErrUnsupported }
