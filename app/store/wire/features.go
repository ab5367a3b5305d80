package wire

import (
	"context"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
)

// version is the EventStoreDB that this server behaves like, as far as it goes:
// the last one of that name.
const version = "24.10.0"

// features answers what clients ask first: what the server can do.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
}

func (features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{
		EventStoreServerVersion: version,
		Methods:                 methodsOf(streams.Streams_ServiceDesc),
	}, nil
}

// methodsOf lists a service as clients look for it: in lower case.
func methodsOf(service grpc.ServiceDesc) []*serverfeatures.SupportedMethod {
	var methods []*serverfeatures.SupportedMethod
	add := func(name string) {
		methods = append(methods, &serverfeatures.SupportedMethod{
			ServiceName: strings.ToLower(service.ServiceName),
			MethodName:  strings.ToLower(name),
			Features:    featuresOf(name),
		})
	}
	for _, m := range service.Methods {
		add(m.MethodName)
	}
	for _, s := range service.Streams {
		add(s.StreamName)
	}
	return methods
}

func featuresOf(method string) []string {
	switch method {
	case "Read":
		return []string{"position", "events"}
	case "BatchAppend":
		return []string{"deadline_duration"}
	default:
		return nil
	}
}
