package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"daybook/domain/es"
)

// Server speaks the EventStoreDB protocol. Make one with [New].
type Server struct {
	config Config
	grpc   *grpc.Server
	stop   func()
}

// New returns a server that does not listen yet, or says what is wrong with the
// configuration.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("serve the EventStoreDB protocol: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	stopping := make(chan struct{})
	s := &Server{
		config: c,
		grpc:   grpc.NewServer(options(c)...),
		stop:   sync.OnceFunc(func() { close(stopping) }),
	}
	streams.RegisterStreamsServer(s.grpc, &service{
		store:         c.Store,
		readOnly:      c.ReadOnly,
		logger:        c.Logger,
		stopping:      stopping,
		appends:       newSlots(maxAppends),
		reads:         newSlots(maxReads),
		subscriptions: newSlots(maxSubscriptions),
	})
	serverfeatures.RegisterServerFeaturesServer(s.grpc, features{})
	gossip.RegisterGossipServer(s.grpc, clusterOfOne{instance: uuid.New()})
	return s, nil
}

func options(c Config) []grpc.ServerOption {
	guard := guard{logger: c.Logger, login: newLogin(c.User, c.Password)}
	all := []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(guard.unary),
		grpc.ChainStreamInterceptor(guard.stream),
		grpc.MaxRecvMsgSize(c.maxMessage()),
		grpc.MaxConcurrentStreams(maxCalls),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	}
	if c.TLS != nil {
		all = append(all, grpc.Creds(credentials.NewTLS(c.TLS.Clone())))
	}
	return all
}

// Serve answers on l until Stop, and then returns nil. It closes l. It refuses
// an address that can be reached from elsewhere, unless the server has TLS and
// a password.
func (s *Server) Serve(l net.Listener) error {
	if err := s.config.allows(l.Addr()); err != nil {
		_ = l.Close() // it was never used
		return fmt.Errorf("serve the EventStoreDB protocol: %w", err)
	}
	if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve the EventStoreDB protocol: %w", err)
	}
	return nil
}

// Stop ends subscriptions at once, takes no further calls, lets those under way
// finish until ctx ends, and then cuts them off. When it returns, the store is
// no longer used.
func (s *Server) Stop(ctx context.Context) {
	s.stop()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.grpc.GracefulStop()
	}()
	select {
	case <-finished:
	case <-ctx.Done():
		s.grpc.Stop()
		<-finished
	}
}

// service is the Streams service.
type service struct {
	streams.UnimplementedStreamsServer

	store    es.Store
	readOnly bool
	logger   *slog.Logger
	stopping <-chan struct{} // closed when the server stops

	appends, reads, subscriptions slots
}
