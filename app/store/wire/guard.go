package wire

import (
	"context"
	"log/slog"
	"runtime/debug"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// guard stands before every call: it asks for the password, and keeps a fault
// in one call from ending the process.
type guard struct {
	logger *slog.Logger
	login  *login
}

func (g guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = g.faulty(ctx, info.FullMethod, fault)
		}
	}()
	if err := g.admit(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	return handle(ctx, req)
}

func (g guard) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = g.faulty(stream.Context(), info.FullMethod, fault)
		}
	}()
	if err := g.admit(stream.Context(), info.FullMethod); err != nil {
		return err
	}
	return handle(srv, stream)
}

// admit lets through who may come in. What clients ask before they log in, they
// ask without a password.
func (g guard) admit(ctx context.Context, method string) error {
	switch method {
	case serverfeatures.ServerFeatures_GetSupportedMethods_FullMethodName, gossip.Gossip_Read_FullMethodName:
		return nil
	}
	return g.login.check(ctx, g.logger)
}

// faulty makes an answer of a panic.
func (g guard) faulty(ctx context.Context, method string, fault any) error {
	reportFault(ctx, g.logger, method, fault)
	return errFault
}

var errFault = status.Error(codes.Internal, "internal error")

// reportFault tells the log of a panic. It is to be called by what recovers it.
func reportFault(ctx context.Context, logger *slog.Logger, method string, fault any) {
	logger.ErrorContext(ctx, "a call of the EventStoreDB protocol failed", "method", method, "fault", fault, "stack", string(debug.Stack()))
}
