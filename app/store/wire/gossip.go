package wire

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// clusterOfOne answers clients that look for a leader: it is this one.
type clusterOfOne struct {
	gossip.UnimplementedGossipServer

	instance uuid.UUID
}

func (c clusterOfOne) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	host, port, ok := reachedAt(ctx)
	if !ok {
		return nil, status.Error(codes.Unimplemented, "gossip needs a TCP connection")
	}
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId:   structured(c.instance),
		TimeStamp:    ticks(time.Now()),
		State:        gossip.MemberInfo_Leader,
		IsAlive:      true,
		HttpEndPoint: &gossip.EndPoint{Address: host, Port: port},
	}}}, nil
}

// reachedAt returns where this client reaches the server: what it dialled, which
// its certificate check and any proxy agree with, or else where its connection
// ends.
func reachedAt(ctx context.Context) (host string, port uint32, ok bool) {
	if dialled := metadata.ValueFromIncomingContext(ctx, ":authority"); len(dialled) == 1 {
		if host, port, ok := hostAndPort(dialled[0]); ok {
			return host, port, true
		}
	}
	if p, ok := peer.FromContext(ctx); ok && p.LocalAddr != nil {
		return hostAndPort(p.LocalAddr.String())
	}
	return "", 0, false
}

func hostAndPort(address string) (host string, port uint32, ok bool) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return "", 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return host, uint32(n), err == nil
}
