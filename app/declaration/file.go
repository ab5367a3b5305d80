package declaration

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ParseFile reads a file; see [Parse]. The error is that it cannot be read.
func ParseFile(path string) (File, error) {
	raw, err := readAtMost(path, MaxFile)
	if err != nil {
		return File{}, err
	}
	return Parse(path, raw), nil
}

// readAtMost reads a file of at most max bytes.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if info, statErr := f.Stat(); err != nil && statErr == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory; give one of the files in it", path)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("%s has over %d bytes, more than are read", path, most)
	}
	return content, nil
}
