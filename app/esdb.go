package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"daybook/app/store/wire"
)

// EsdbUser is the user whose password [Config.EsdbPassword] is.
const EsdbUser = "admin"

// validateEsdb says what is wrong with how the EventStoreDB protocol is to be
// served.
func (c *Config) validateEsdb() error {
	if c.EsdbAddr == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(c.EsdbAddr)
	switch {
	case err != nil || port == "":
		return fmt.Errorf("--esdb-addr %s: write it as host:port, such as 127.0.0.1:2113", c.EsdbAddr)
	case !c.embedded():
		return fmt.Errorf("--esdb-addr %s: it is for the embedded log; with --store %s, clients talk to that server itself", c.EsdbAddr, scheme(c.Store))
	case (c.EsdbCertFile == "") != (c.EsdbKeyFile == ""):
		return errors.New("--esdb-addr: TLS needs both DAYBOOK_ESDB_TLS_CERT and DAYBOOK_ESDB_TLS_KEY")
	case c.EsdbPassword != "" && c.EsdbCertFile == "":
		return errors.New("--esdb-addr: DAYBOOK_ESDB_PASSWORD needs DAYBOOK_ESDB_TLS_CERT and DAYBOOK_ESDB_TLS_KEY, because clients send no password without TLS")
	case c.EsdbPassword == "" && !isLoopback(c.EsdbAddr):
		return fmt.Errorf("--esdb-addr %s: whoever reaches it could read the log; use a loopback address such as 127.0.0.1:2113, "+
			"or give DAYBOOK_ESDB_TLS_CERT, DAYBOOK_ESDB_TLS_KEY and DAYBOOK_ESDB_PASSWORD", c.EsdbAddr)
	}
	return nil
}

// protocol is the embedded log as EventStoreDB clients see it. They can only
// read: a Daybook on the embedded store relies on nobody else writing to it.
type protocol struct {
	server   *wire.Server
	listener net.Listener
}

// newProtocol listens at [Config.EsdbAddr], without answering yet. It returns
// nil if there is no such address.
func (a *App) newProtocol(ctx context.Context) (*protocol, error) {
	c := a.config
	if c.EsdbAddr == "" {
		return nil, nil
	}
	served := wire.Config{Store: a.store, ReadOnly: true, Logger: c.Logger}
	if c.EsdbCertFile != "" {
		certificate, err := tls.LoadX509KeyPair(c.EsdbCertFile, c.EsdbKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificate of DAYBOOK_ESDB_TLS_CERT and DAYBOOK_ESDB_TLS_KEY: %w", err)
		}
		served.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	if c.EsdbPassword != "" {
		served.User, served.Password = EsdbUser, c.EsdbPassword
	}
	server, err := wire.New(served)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.EsdbAddr)
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with --esdb-addr", err)
	}
	return &protocol{server: server, listener: listener}, nil
}

// serve answers until stop.
func (p *protocol) serve() error { return p.server.Serve(p.listener) }

// stop ends subscriptions, and waits for other calls as long as ctx lasts.
func (p *protocol) stop(ctx context.Context) { p.server.Stop(ctx) }

// close releases the address, also of a protocol that never served.
func (p *protocol) close() error {
	if err := p.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// EsdbAddr is where the App speaks the EventStoreDB protocol, host:port; empty
// if it does not.
func (a *App) EsdbAddr() string {
	if a.protocol == nil {
		return ""
	}
	return a.protocol.listener.Addr().String()
}
