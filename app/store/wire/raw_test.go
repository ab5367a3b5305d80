package wire

import (
	"errors"
	"io"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

func wantStatus(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func appendOptions(stream es.Stream) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
		StreamIdentifier: identifier(stream), ExpectedStreamRevision: &streams.AppendReq_Options_Any{},
	}}}
}

func systemMetadata(kind string) map[string]string {
	return map[string]string{"type": kind, "content-type": "application/json"}
}

func rawProposal(kind string, data []byte) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
		Id: structured(uuid.New()), Metadata: systemMetadata(kind), Data: data,
	}}}
}

func allFrom(at any) *streams.ReadReq_Options_All {
	options := &streams.ReadReq_Options_AllOptions{}
	switch at := at.(type) {
	case *streams.ReadReq_Options_AllOptions_End:
		options.AllOption = at
	case *streams.ReadReq_Options_AllOptions_Start:
		options.AllOption = at
	}
	return &streams.ReadReq_Options_All{All: options}
}

// readAllReq reads $all from its start.
func readAllReq(count uint64) *streams.ReadReq {
	return &streams.ReadReq{Options: &streams.ReadReq_Options{
		StreamOption: allFrom(&streams.ReadReq_Options_AllOptions_Start{}),
		CountOption:  &streams.ReadReq_Options_Count{Count: count},
		FilterOption: &streams.ReadReq_Options_NoFilter{},
		UuidOption:   &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{}},
	}}
}

func readStreamReq(stream string) *streams.ReadReq {
	req := readAllReq(1)
	req.Options.StreamOption = &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
		RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{},
	}}
	return req
}

func subscribeReq() *streams.ReadReq {
	req := readAllReq(1)
	req.Options.CountOption = &streams.ReadReq_Options_Subscription{}
	return req
}

func byType(e *streams.ReadReq_Options_FilterOptions_Expression) *streams.ReadReq_Options_FilterOptions_EventType {
	return &streams.ReadReq_Options_FilterOptions_EventType{EventType: e}
}

// rawEvents reads to the end.
func (b *bench) rawEvents(client streams.StreamsClient, req *streams.ReadReq) []*streams.ReadResp_ReadEvent_RecordedEvent {
	b.Helper()
	call, err := client.Read(b.ctx, req)
	b.must(err)
	var all []*streams.ReadResp_ReadEvent_RecordedEvent
	for {
		resp, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return all
		}
		b.must(err)
		all = append(all, resp.GetEvent().GetEvent())
	}
}
