package egress

import (
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Bounds of the headers that a mapping may give.
const (
	maxHeaders     = 64
	maxHeaderBytes = 16 << 10
)

// CheckHeaders returns a [RefusedError] for headers that cannot be sent: those
// that would change how the request is framed, what connection it takes or which
// host it names, and those that hold a line end.
func CheckHeaders(headers http.Header) error {
	size := 0
	for name, values := range headers {
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return refuse("%.60q is no name of a header", name)
		case isReserved(name):
			return refuse("the header %.60s is set by Daybook itself and cannot be given; leave it out", name)
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return refuse("the header %.60s holds a line end or another character that cannot be sent", name)
			}
			size += len(name) + len(value)
		}
	}
	if len(headers) > maxHeaders || size > maxHeaderBytes {
		return refuse("there are %d headers of %d bytes; at most %d of %d bytes can be sent", len(headers), size, maxHeaders, maxHeaderBytes)
	}
	return nil
}

func isReserved(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
		"content-length", "content-encoding", "accept-encoding", "expect", "via", "forwarded":
		return true
	default:
		return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "x-forwarded-") || strings.HasPrefix(name, ":")
	}
}
