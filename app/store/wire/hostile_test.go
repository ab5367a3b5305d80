package wire

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

func TestHostileReads(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	b.stored("a", events(3)...)
	client := b.raw()
	expression := func(e *streams.ReadReq_Options_FilterOptions_Expression) *streams.ReadReq_Options_Filter {
		return &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
			Filter: byType(e), Window: &streams.ReadReq_Options_FilterOptions_Max{Max: math.MaxUint32}, CheckpointIntervalMultiplier: math.MaxUint32,
		}}
	}
	filtered := func(e *streams.ReadReq_Options_FilterOptions_Expression) *streams.ReadReq {
		req := subscribeReq()
		req.Options.FilterOption = expression(e)
		return req
	}
	changed := func(req *streams.ReadReq, change func(*streams.ReadReq_Options)) *streams.ReadReq {
		change(req.Options)
		return req
	}
	for name, req := range map[string]*streams.ReadReq{
		"nothing":              {},
		"empty options":        {Options: &streams.ReadReq_Options{}},
		"no form of ids":       changed(readAllReq(1), func(o *streams.ReadReq_Options) { o.UuidOption = nil }),
		"no count":             changed(readAllReq(1), func(o *streams.ReadReq_Options) { o.CountOption = nil }),
		"count 0":              readAllReq(0),
		"no filter option":     changed(readAllReq(1), func(o *streams.ReadReq_Options) { o.FilterOption = nil }),
		"no stream":            changed(readAllReq(1), func(o *streams.ReadReq_Options) { o.StreamOption = nil }),
		"no stream to follow":  changed(subscribeReq(), func(o *streams.ReadReq_Options) { o.StreamOption = nil }),
		"an unknown direction": changed(readAllReq(1), func(o *streams.ReadReq_Options) { o.ReadDirection = 7 }),
		"a backward subscription": changed(subscribeReq(), func(o *streams.ReadReq_Options) {
			o.ReadDirection = streams.ReadReq_Options_Backwards
		}),
		"no position":            changed(readAllReq(1), func(o *streams.ReadReq_Options) { o.StreamOption = allFrom(nil) }),
		"no position to follow":  changed(subscribeReq(), func(o *streams.ReadReq_Options) { o.StreamOption = allFrom(nil) }),
		"no revision":            changed(readStreamReq("a"), func(o *streams.ReadReq_Options) { o.GetStream().RevisionOption = nil }),
		"no name":                readStreamReq(""),
		"a name without end":     readStreamReq(strings.Repeat("a", maxStreamName+1)),
		"a name that is no text": readStreamReq("\xff\xfe"),
		"forward from the end": changed(readStreamReq("a"), func(o *streams.ReadReq_Options) {
			o.GetStream().RevisionOption = &streams.ReadReq_Options_StreamOptions_End{}
		}),
		"a revision beyond all": changed(readStreamReq("a"), func(o *streams.ReadReq_Options) {
			o.GetStream().RevisionOption = &streams.ReadReq_Options_StreamOptions_Revision{Revision: math.MaxInt64 + 1}
		}),
		"a stream, filtered": changed(readStreamReq("a"), func(o *streams.ReadReq_Options) {
			o.FilterOption = expression(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "a"})
		}),
		"a stream, followed and filtered": changed(readStreamReq("a"), func(o *streams.ReadReq_Options) {
			o.CountOption = &streams.ReadReq_Options_Subscription{}
			o.FilterOption = expression(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "a"})
		}),
		"an empty filter":       changed(subscribeReq(), func(o *streams.ReadReq_Options) { o.FilterOption = &streams.ReadReq_Options_Filter{} }),
		"a filter for nothing":  filtered(&streams.ReadReq_Options_FilterOptions_Expression{}),
		"no expression":         filtered(nil),
		"not an expression":     filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "("}),
		"an expression of Perl": filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "(?=a)"}),
		"a long expression":     filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: strings.Repeat("a", maxExpression+1)}),
		"a costly expression":   filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: strings.Repeat("(a{1,90}b?){9}", 9)}),
		"an exploding one":      filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "((a{100}){100}){100}"}),
		"prefixes without end":  filtered(&streams.ReadReq_Options_FilterOptions_Expression{Prefix: make([]string, maxPrefixes+1)}),
		"a checkpoint at once":  changed(filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "a"}), func(o *streams.ReadReq_Options) { o.GetFilter().CheckpointIntervalMultiplier = 0 }),
		"a window of no width":  changed(filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "a"}), func(o *streams.ReadReq_Options) { o.GetFilter().Window = &streams.ReadReq_Options_FilterOptions_Max{} }),
		"no window":             changed(filtered(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "a"}), func(o *streams.ReadReq_Options) { o.GetFilter().Window = nil }),
		"prepare beyond commit": changed(readAllReq(1), func(o *streams.ReadReq_Options) {
			o.GetAll().AllOption = &streams.ReadReq_Options_AllOptions_Position{Position: &streams.ReadReq_Options_Position{PreparePosition: 1}}
		}),
		"a stream's end, beyond": changed(readStreamReq("a"), func(o *streams.ReadReq_Options) {
			o.GetStream().RevisionOption = &streams.ReadReq_Options_StreamOptions_Revision{Revision: math.MaxUint64}
		}),
	} {
		call, err := client.Read(b.ctx, req)
		b.must(err)
		resp, err := call.Recv()
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: got %v, %v", name, resp, err)
		}
	}
	if n := len(b.rawEvents(client, readAllReq(math.MaxUint64))); n != 3 {
		t.Errorf("%d events", n)
	}
}

func TestHostileAppends(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.raw()
	options := func(change func(*streams.AppendReq_Options)) *streams.AppendReq {
		req := appendOptions("a")
		change(req.GetOptions())
		return req
	}
	message := func(change func(*streams.AppendReq_ProposedMessage)) *streams.AppendReq {
		req := rawProposal("Happened", []byte("{}"))
		change(req.GetProposedMessage())
		return req
	}
	twice := rawProposal("Happened", nil)
	for name, c := range map[string]struct {
		sent []*streams.AppendReq
		code codes.Code
	}{
		"nothing":                 {nil, codes.InvalidArgument},
		"an empty message":        {[]*streams.AppendReq{{}}, codes.InvalidArgument},
		"an event first":          {[]*streams.AppendReq{rawProposal("Happened", nil)}, codes.InvalidArgument},
		"options twice":           {[]*streams.AppendReq{appendOptions("a"), appendOptions("a")}, codes.InvalidArgument},
		"an empty second message": {[]*streams.AppendReq{appendOptions("a"), {}}, codes.InvalidArgument},
		"no name":                 {[]*streams.AppendReq{options(func(o *streams.AppendReq_Options) { o.StreamIdentifier = nil })}, codes.InvalidArgument},
		"no expectation":          {[]*streams.AppendReq{options(func(o *streams.AppendReq_Options) { o.ExpectedStreamRevision = nil })}, codes.InvalidArgument},
		"a revision beyond all": {[]*streams.AppendReq{options(func(o *streams.AppendReq_Options) {
			o.ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: math.MaxUint64}
		})}, codes.InvalidArgument},
		"to $all":                 {[]*streams.AppendReq{appendOptions("$all"), rawProposal("Happened", nil)}, codes.InvalidArgument},
		"to the metadata of none": {[]*streams.AppendReq{appendOptions("$$"), rawProposal("Happened", nil)}, codes.InvalidArgument},
		"no id":                   {[]*streams.AppendReq{appendOptions("a"), message(func(m *streams.AppendReq_ProposedMessage) { m.Id = nil })}, codes.InvalidArgument},
		"an id of zeros":          {[]*streams.AppendReq{appendOptions("a"), message(func(m *streams.AppendReq_ProposedMessage) { m.Id = structured(uuid.Nil) })}, codes.InvalidArgument},
		"an id that is none": {[]*streams.AppendReq{appendOptions("a"), message(func(m *streams.AppendReq_ProposedMessage) {
			m.Id = &shared.UUID{Value: &shared.UUID_String_{String_: "1"}}
		})}, codes.InvalidArgument},
		"an id twice":         {[]*streams.AppendReq{appendOptions("a"), twice, twice}, codes.InvalidArgument},
		"a tombstone":         {[]*streams.AppendReq{appendOptions("a"), rawProposal(es.TypeStreamDeleted, nil)}, codes.InvalidArgument},
		"no type":             {[]*streams.AppendReq{appendOptions("a"), message(func(m *streams.AppendReq_ProposedMessage) { delete(m.Metadata, "type") })}, codes.InvalidArgument},
		"no content type":     {[]*streams.AppendReq{appendOptions("a"), message(func(m *streams.AppendReq_ProposedMessage) { delete(m.Metadata, "content-type") })}, codes.InvalidArgument},
		"no metadata":         {[]*streams.AppendReq{appendOptions("a"), message(func(m *streams.AppendReq_ProposedMessage) { m.Metadata = nil })}, codes.InvalidArgument},
		"a message too large": {[]*streams.AppendReq{appendOptions("a"), rawProposal("Happened", make([]byte, memory.MaxAppend+appendSlop))}, codes.ResourceExhausted},
	} {
		call, err := client.Append(b.ctx)
		b.must(err)
		for _, req := range c.sent {
			if call.Send(req) != nil { // refused already
				break
			}
		}
		resp, err := call.CloseAndRecv()
		if status.Code(err) != c.code {
			t.Errorf("%s: got %v, %v", name, resp, err)
		}
	}
	for name, err := range map[string]error{
		"delete nothing":        second(client.Delete(b.ctx, &streams.DeleteReq{})),
		"delete no name":        second(client.Delete(b.ctx, &streams.DeleteReq{Options: &streams.DeleteReq_Options{ExpectedStreamRevision: &streams.DeleteReq_Options_Any{}}})),
		"tombstone nothing":     second(client.Tombstone(b.ctx, &streams.TombstoneReq{})),
		"tombstone without end": second(client.Tombstone(b.ctx, &streams.TombstoneReq{Options: &streams.TombstoneReq_Options{StreamIdentifier: identifier(es.Stream(strings.Repeat("a", maxStreamName+1))), ExpectedStreamRevision: &streams.TombstoneReq_Options_Any{}}})),
	} {
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(b.log()); n != 0 {
		t.Errorf("%d events were written", n)
	}
}

func second[T any](_ T, err error) error { return err }

// A server to which nothing can be appended does not take in what is as large as
// an append: whoever asks has not shown a password yet.
func TestQuestionsAreSmall(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	t.Cleanup(func() { _ = store.Close() })
	b := serve(t, Config{Store: store, ReadOnly: true})
	client := b.raw()
	for size, want := range map[int]codes.Code{maxQuestion - 100: codes.PermissionDenied, maxQuestion: codes.ResourceExhausted} {
		_, err := client.Delete(b.ctx, &streams.DeleteReq{Options: &streams.DeleteReq_Options{StreamIdentifier: identifier(es.Stream(strings.Repeat("a", size)))}})
		wantStatus(t, err, want)
	}
	req := subscribeReq() // the largest that anybody asks
	prefixes := make([]string, maxPrefixes)
	for i := range prefixes {
		prefixes[i] = strings.Repeat("a", 400)
	}
	req.Options.FilterOption = &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
		Filter: byType(&streams.ReadReq_Options_FilterOptions_Expression{Prefix: prefixes}),
		Window: &streams.ReadReq_Options_FilterOptions_Count{}, CheckpointIntervalMultiplier: 1,
	}}
	call, err := client.Read(b.ctx, req)
	b.must(err)
	_, err = call.Recv()
	b.must(err)
}

func TestTooManyEvents(t *testing.T) {
	t.Parallel()

	p := pending{events: make([]es.Event, maxAppendEvents-1)}
	message := rawProposal("Happened", nil).GetProposedMessage()
	if err := p.add(message, math.MaxInt); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, p.add(message, math.MaxInt), codes.InvalidArgument)
}

func TestCompile(t *testing.T) {
	t.Parallel()

	costly := strings.Repeat("(a{1,90}b?){9}", 9)
	if _, err := compile(costly); err == nil || !strings.Contains(err.Error(), "too complex") {
		t.Errorf("%.40q: %v", costly, err)
	}
	for _, good := range []string{`^[^\$].*`, `^(webhook|source)-`, `(?i)made$`, strings.Repeat("a", maxExpression)} {
		if _, err := compile(good); err != nil {
			t.Errorf("%.40q: %v", good, err)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"webhook-development.stripe.evt_1": "webhook-development.stripe.evt_1",
		"a b~":                             "a b~",
		"100%\r\nä\x7f":                    "100%25%0D%0A%C3%A4%7F",
	} {
		if got := printable(name); got != want {
			t.Errorf("%q is written %q, want %q", name, got, want)
		}
	}
}

// FuzzCalls sends whatever parses as a request. No call may end in a fault.
func FuzzCalls(f *testing.F) {
	for _, req := range []proto.Message{readAllReq(1), readStreamReq("a"), subscribeReq(), appendOptions("a"), rawProposal("Happened", []byte("{}")), batchReq("a", 2)} {
		raw, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	b := serve(f, Config{})
	b.stored("a", events(3)...)
	client := b.raw()
	f.Fuzz(func(t *testing.T, raw []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond) // a subscription would go on
		defer cancel()

		var read streams.ReadReq
		if proto.Unmarshal(raw, &read) == nil {
			call, err := client.Read(ctx, &read)
			for err == nil {
				_, err = call.Recv()
			}
			noFault(t, err)
		}
		var appending streams.AppendReq
		if call, err := client.Append(ctx); err == nil && proto.Unmarshal(raw, &appending) == nil {
			_ = call.Send(appendOptions("b"))
			_ = call.Send(&appending)
			_, err = call.CloseAndRecv()
			noFault(t, err)
		}
		var batch streams.BatchAppendReq
		if call, err := client.BatchAppend(ctx); err == nil && proto.Unmarshal(raw, &batch) == nil {
			_ = call.Send(&batch)
			_ = call.CloseSend()
			for err == nil {
				_, err = call.Recv()
			}
			noFault(t, err)
		}
	})
}

func noFault(t *testing.T, err error) {
	t.Helper()
	if c := status.Code(err); c == codes.Internal {
		t.Errorf("the call ended in a fault: %v", err)
	}
}
