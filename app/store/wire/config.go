package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"daybook/domain/es"
)

// Config says what is served, and to whom.
type Config struct {
	// Store is served, and stays open when the server stops.
	Store es.Store
	// ReadOnly refuses appends, deletions and tombstones with PERMISSION_DENIED.
	ReadOnly bool
	// TLS serves TLS with these certificates; plain text if nil.
	TLS *tls.Config
	// User and Password are what clients must present, if they are not empty.
	// They need TLS: clients do not send a password over plain text.
	User, Password string
	// Logger hears of faults and of wrong passwords; nobody if nil.
	Logger *slog.Logger
}

func (c Config) validate() error {
	switch {
	case c.Store == nil:
		return errors.New("there is no store to serve")
	case (c.User == "") != (c.Password == ""):
		return errors.New("a user needs a password, and a password a user: give both or neither")
	case c.Password != "" && c.TLS == nil:
		return errors.New("a password needs a certificate: clients silently drop the password on a connection without TLS")
	case c.TLS != nil && len(c.TLS.Certificates) == 0 && c.TLS.GetCertificate == nil && c.TLS.GetConfigForClient == nil:
		return errors.New("TLS needs a certificate")
	}
	return nil
}

// maxMessage is how large a message may be in bytes. It is read before anybody
// is asked for a password, so where nothing can be appended it need not be large.
func (c Config) maxMessage() int {
	if c.ReadOnly {
		return maxQuestion
	}
	return c.Store.MaxAppend() + appendSlop
}

// allows refuses an address from which others could read the log.
func (c Config) allows(addr net.Addr) error {
	if c.TLS != nil && c.Password != "" {
		return nil
	}
	switch a := addr.(type) {
	case *net.TCPAddr:
		if a.IP.IsLoopback() {
			return nil
		}
	case *net.UnixAddr:
		return nil
	}
	return fmt.Errorf("%s can be reached from elsewhere, and the log would be open to everybody: "+
		"use a loopback address such as 127.0.0.1:2113, or give a certificate, a user and a password", addr)
}
