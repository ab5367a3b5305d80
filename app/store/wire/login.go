package wire

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// login is who may come in: everybody, if it is nil.
type login struct {
	want   [sha256.Size]byte // of user:password
	report rate.Sometimes
}

func newLogin(user, password string) *login {
	if password == "" {
		return nil
	}
	return &login{want: digest(user + ":" + password), report: rate.Sometimes{Interval: time.Second}}
}

// digest makes a comparison take the same time whatever is compared.
func digest(userAndPassword string) [sha256.Size]byte { return sha256.Sum256([]byte(userAndPassword)) }

// check refuses a call without the right user and password.
func (l *login) check(ctx context.Context, logger *slog.Logger) error {
	if l == nil {
		return nil
	}
	given, ok := basic(ctx)
	if !ok {
		return status.Error(codes.Unauthenticated, "this server needs a user and a password")
	}
	got := digest(given)
	if subtle.ConstantTimeCompare(got[:], l.want[:]) == 1 {
		return nil
	}
	l.report.Do(func() {
		logger.WarnContext(ctx, "a wrong user or password for the EventStoreDB protocol", "from", from(ctx))
	})
	return status.Error(codes.Unauthenticated, "the user or the password is wrong")
}

// basic returns user:password of the call's authorization.
func basic(ctx context.Context) (string, bool) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, encoded, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	return string(decoded), err == nil
}

func from(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok {
		return p.Addr.String()
	}
	return "unknown"
}
