package signature

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"daybook/domain/es"
)

// sole returns the one line of a header, empty if there is nothing in it, or
// what is wrong with its lines, in words that follow "the header".
func sole(lines []string) (line, problem string) {
	switch {
	case len(lines) > 1:
		return "", "is there more than once"
	case len(lines) == 0 || strings.Trim(lines[0], " \t") == "":
		return "", ""
	case len(lines[0]) > maxHeader:
		return "", "is longer than 4 KiB"
	default:
		return lines[0], ""
	}
}

// parseTime reads a time since the epoch in digits, without sign or leading
// zero. It may be no longer than what fits a time in milliseconds whatever the
// unit is.
func parseTime(text string, unit time.Duration) (es.Time, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || len(text) > maxDigits || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	return es.Time(int64(n) * int64(unit/time.Millisecond)), true
}

func unitName(unit time.Duration) string {
	if unit == time.Millisecond {
		return "milliseconds"
	}
	return "seconds"
}

// skewOf returns how far a signature's time is ahead of now. It is cut where a
// Duration ends, some 292 years off.
func skewOf(signed, now es.Time) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(min(max(int64(signed)-int64(now), -most), most)) * time.Millisecond
}

// wholeSeconds rounds away from zero, so that what is over a tolerance of whole
// seconds also reads as over it.
func wholeSeconds(d time.Duration) int64 {
	seconds := int64(d / time.Second)
	switch rest := d % time.Second; {
	case rest > 0:
		return seconds + 1
	case rest < 0:
		return seconds - 1
	default:
		return seconds
	}
}

func anyLive(secrets []Secret) bool {
	for _, secret := range secrets {
		if !secret.IsZero() {
			return true
		}
	}
	return false
}

// fromHex reads a digest of 32 bytes.
func fromHex(text string) (d digest, ok bool) {
	var copied [2 * len(d)]byte
	if len(text) != len(copied) {
		return d, false
	}
	copy(copied[:], text)
	_, err := hex.Decode(d[:], copied[:])
	return d, err == nil
}

// strict is base64 in which each value has exactly one text.
//
//nolint:gochecknoglobals // never changes
var strict = base64.StdEncoding.Strict()

// fromBase64 reads n bytes, from the one text that they have.
func fromBase64(text string, n int) ([]byte, bool) {
	if len(text) != strict.EncodedLen(n) {
		return nil, false
	}
	decoded, err := strict.DecodeString(text)
	return decoded, err == nil && len(decoded) == n
}
