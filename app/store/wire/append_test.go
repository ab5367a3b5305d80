package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

func TestAppend(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	first := proposal("Happened", `{"a":1}`)
	written, err := client.AppendToStream(b.ctx, "a-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, first, proposal("Happened", "no JSON"))
	b.must(err)
	log := b.log()
	if len(log) != 2 || written.NextExpectedVersion != 1 || written.CommitPosition != uint64(log[1].Position) || written.PreparePosition != written.CommitPosition {
		t.Fatalf("the client was told %+v, the store holds %v", written, log)
	}
	if e := log[0]; e.ID != first.EventID || e.Type != "Happened" || string(e.Data) != `{"a":1}` || string(e.Metadata) != `{"schema":1}` || e.Stream != "a-1" {
		t.Errorf("the store holds %+v", e)
	}

	again, err := client.AppendToStream(b.ctx, "a-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, first)
	b.must(err)
	if again.NextExpectedVersion != 0 || again.CommitPosition != uint64(log[0].Position) || len(b.log()) != 2 {
		t.Errorf("a repeat was told %+v", again)
	}
}

func TestAppendExpects(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.plain()
	b.stored("three", events(3)...)
	b.stored("deleted", events(1)...)
	b.must(b.store.Tombstone(b.ctx, "deleted"))
	for _, c := range []struct {
		stream   string
		expected esdb.ExpectedRevision
		revision uint64
		code     esdb.ErrorCode
		says     string
	}{
		{"three", esdb.Any{}, 3, 0, ""},
		{"three", esdb.StreamExists{}, 4, 0, ""},
		{"three", esdb.Revision(4), 5, 0, ""},
		{"three", esdb.Revision(4), 0, esdb.ErrorCodeWrongExpectedVersion, "expecting '4' but got '5'"},
		{"three", esdb.Revision(9), 0, esdb.ErrorCodeWrongExpectedVersion, "expecting '9' but got '5'"},
		{"three", esdb.NoStream{}, 0, esdb.ErrorCodeWrongExpectedVersion, "expecting 'no_stream' but got '5'"},
		{"none", esdb.StreamExists{}, 0, esdb.ErrorCodeWrongExpectedVersion, "expecting 'stream_exists' but got 'no_stream'"},
		{"none", esdb.Revision(0), 0, esdb.ErrorCodeWrongExpectedVersion, "expecting '0' but got 'no_stream'"},
		{"none", esdb.NoStream{}, 0, 0, ""},
		{"deleted", esdb.Any{}, 0, esdb.ErrorCodeStreamDeleted, "stream 'deleted' is deleted"},
		{"deleted", esdb.StreamExists{}, 0, esdb.ErrorCodeStreamDeleted, ""},
		{"deleted", esdb.NoStream{}, 0, esdb.ErrorCodeStreamDeleted, ""},
	} {
		before := len(b.log())
		written, err := client.AppendToStream(b.ctx, c.stream, esdb.AppendToStreamOptions{ExpectedRevision: c.expected}, proposal("Happened", "{}"))
		if err == nil && c.says == "" && c.code == 0 {
			if written.NextExpectedVersion != c.revision {
				t.Errorf("%s expecting %v: stands at %d, want %d", c.stream, c.expected, written.NextExpectedVersion, c.revision)
			}
			continue
		}
		if code(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s expecting %v: %v (code %d), want code %d: %s", c.stream, c.expected, err, code(err), c.code, c.says)
		}
		if after := len(b.log()); after != before {
			t.Errorf("%s expecting %v: refused, and %d events were written", c.stream, c.expected, after-before)
		}
	}
}

func TestAppendNothing(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.plain()
	b.stored("two", events(2)...)
	written, err := client.AppendToStream(b.ctx, "two", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Revision(1)})
	b.must(err)
	if written.NextExpectedVersion != 1 {
		t.Errorf("the client was told %+v", written)
	}
	_, err = client.AppendToStream(b.ctx, "none", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}})
	b.must(err)
	_, err = client.AppendToStream(b.ctx, "two", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}})
	b.mustBe(err, esdb.ErrorCodeWrongExpectedVersion)
	if n := len(b.log()); n != 2 {
		t.Errorf("the log holds %d events", n)
	}
}

func TestLargeEvents(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	for i := range 6 {
		e := proposal("Large", "")
		e.Data = bytes.Repeat([]byte{byte(i), 0xff}, 1<<19)
		_, err := client.AppendToStream(b.ctx, "large", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, e)
		b.must(err)
	}
	b.same(b.all(client.ReadStream(b.ctx, "large", esdb.ReadStreamOptions{From: esdb.Start{}}, 100)), b.streamOf("large"))

	most := proposal("L", "")
	most.Metadata = nil
	most.Data = make([]byte, memory.MaxAppend-1)
	_, err := client.AppendToStream(b.ctx, "large", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, most)
	b.must(err)
}

// An append that is too large is refused with trailers; the client, which sends
// on, may see only that the call has ended.
func TestTooLarge(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	half := proposal("Half", "")
	half.Data = make([]byte, memory.MaxAppend/2)
	other := half
	other.EventID = uuid.New()
	_, err := b.plain().AppendToStream(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, half, other)
	b.mustBe(err, esdb.ErrorCodeUnknown)

	call, err := b.raw().Append(b.ctx)
	b.must(err)
	b.must(call.Send(appendOptions("a")))
	big := rawProposal("Big", make([]byte, memory.MaxAppend))
	b.must(call.Send(big))
	_, err = call.CloseAndRecv()
	wantStatus(t, err, codes.InvalidArgument)
	if want := fmt.Sprintf("Maximum Append Size of %d Exceeded.", memory.MaxAppend); status.Convert(err).Message() != want {
		t.Errorf("it says %q, want %q", status.Convert(err).Message(), want)
	}
	if got := call.Trailer(); got.Get("exception")[0] != "maximum-append-size-exceeded" || got.Get("maximum-append-size")[0] != fmt.Sprint(memory.MaxAppend) {
		t.Errorf("the trailers are %v", got)
	}
	if n := len(b.log()); n != 0 {
		t.Errorf("%d events were written", n)
	}
}

func TestManyStreams(t *testing.T) {
	t.Parallel()

	const n, workers = 10000, 32
	b := serve(t, Config{})
	client := b.plain()
	failed := make(chan error, workers)
	for w := range workers {
		go func() {
			for i := w; i < n; i += workers {
				_, err := client.AppendToStream(b.ctx, fmt.Sprintf("s-%d", i), esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, proposal("Happened", "{}"))
				if err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var errs []error
	for range workers { // the client panics if it is closed under those that use it
		errs = append(errs, <-failed)
	}
	b.must(errors.Join(errs...))
	b.same(b.all(client.ReadAll(b.ctx, esdb.ReadAllOptions{From: esdb.Start{}}, n+1)), b.log())
	if got := b.log(); len(got) != n {
		t.Errorf("the log holds %d events", len(got))
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	b := serve(t, Config{Store: store, ReadOnly: true})
	client := b.plain()
	b.stored("a", events(2)...)
	_, err := client.AppendToStream(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, proposal("Happened", "{}"))
	if c := code(err); c != esdb.ErrorCodeAccessDenied && c != esdb.ErrorCodeUnknown { // the client may see only the end of the call
		t.Errorf("append: %v", err)
	}
	_, err = client.DeleteStream(b.ctx, "a", esdb.DeleteStreamOptions{})
	b.mustBe(err, esdb.ErrorCodeAccessDenied)
	_, err = client.TombstoneStream(b.ctx, "a", esdb.TombstoneStreamOptions{})
	b.mustBe(err, esdb.ErrorCodeAccessDenied)
	b.same(b.all(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 9)), b.streamOf("a"))
	if n := len(b.log()); n != 2 {
		t.Errorf("the log holds %d events", n)
	}
}

// A client that goes away in the middle of an append has appended nothing.
func TestAppendAbandoned(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	ctx, cancel := context.WithCancel(b.ctx)
	call, err := b.raw().Append(ctx)
	b.must(err)
	b.must(call.Send(appendOptions("a")))
	b.must(call.Send(rawProposal("Happened", nil)))
	cancel()
	wantStatus(t, call.RecvMsg(nil), codes.Canceled)
	b.server.Stop(b.ctx) // waits for the call
	if n := len(b.log()); n != 0 {
		t.Errorf("%d events were written", n)
	}
}

// What the store refuses for its own reasons is an answer, too.
func TestStoreUnavailable(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	b := serve(t, Config{Store: store})
	b.must(store.Close())
	call, err := b.raw().Append(b.ctx)
	b.must(err)
	b.must(call.Send(appendOptions("a")))
	b.must(call.Send(rawProposal("Happened", nil)))
	_, err = call.CloseAndRecv()
	wantStatus(t, err, codes.Unavailable)
	_, err = tryAll(b.plain().ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 1))
	b.mustBe(err, esdb.ErrorUnavailable)
}

// panicking is a store with a fault.
type panicking struct{ es.Store }

func (panicking) Head(context.Context) (es.Position, error) { panic("a fault") }

func TestFaultEndsOneCall(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	b := serve(t, Config{Store: panicking{store}})
	client := b.plain()
	_, err := client.SubscribeToAll(b.ctx, esdb.SubscribeToAllOptions{From: esdb.End{}})
	b.mustBe(err, esdb.ErrorCodeUnknown)
	_, err = client.TombstoneStream(b.ctx, "a", esdb.TombstoneStreamOptions{})
	b.mustBe(err, esdb.ErrorCodeUnknown)
	_, err = client.AppendToStream(b.ctx, "b", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, proposal("Happened", "{}"))
	b.must(err)
}
