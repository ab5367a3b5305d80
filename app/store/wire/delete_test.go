package wire

import (
	"context"
	"math"
	"sync"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

func TestTombstone(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	b.stored("a", events(2)...)
	for _, wrong := range []esdb.ExpectedRevision{esdb.Revision(0), esdb.NoStream{}} {
		_, err := client.TombstoneStream(b.ctx, "a", esdb.TombstoneStreamOptions{ExpectedRevision: wrong})
		b.mustBe(err, esdb.ErrorCodeUnknown)
	}
	if n := len(b.streamOf("a")); n != 2 {
		t.Fatalf("the stream holds %d events", n)
	}
	deleted, err := client.TombstoneStream(b.ctx, "a", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(1)})
	b.must(err)
	if deleted.Position != at(b.headAt()) {
		t.Errorf("the position is %+v, the head %d", deleted.Position, b.headAt())
	}
	_, err = client.AppendToStream(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, proposal("Happened", "{}"))
	b.mustBe(err, esdb.ErrorCodeStreamDeleted)
	_, err = tryAll(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 1))
	b.mustBe(err, esdb.ErrorCodeStreamDeleted)
	_, err = client.TombstoneStream(b.ctx, "a", esdb.TombstoneStreamOptions{})
	b.mustBe(err, esdb.ErrorCodeStreamDeleted)

	_, err = client.TombstoneStream(b.ctx, "never", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.NoStream{}})
	b.must(err)
	_, err = client.DeleteStream(b.ctx, "never", esdb.DeleteStreamOptions{})
	b.mustBe(err, esdb.ErrorCodeStreamDeleted)
}

func TestDelete(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	read := func() ([]*esdb.RecordedEvent, error) {
		return tryAll(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 100))
	}
	write := func(expected esdb.ExpectedRevision) (*esdb.WriteResult, error) {
		return client.AppendToStream(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: expected}, proposal("Happened", "{}"))
	}
	b.stored("a", events(3)...)
	var set esdb.StreamMetadata
	set.SetMaxCount(5)
	_, err := client.SetStreamMetadata(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, set)
	b.must(err)

	for round, last := range []uint64{2, 3, 4} {
		_, err := client.DeleteStream(b.ctx, "a", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(last + 1)})
		b.mustBe(err, esdb.ErrorCodeUnknown)
		deleted, err := client.DeleteStream(b.ctx, "a", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(last)})
		b.must(err)
		if deleted.Position != at(b.headAt()) {
			t.Errorf("the position is %+v, the head %d", deleted.Position, b.headAt())
		}
		_, err = read()
		b.mustBe(err, esdb.ErrorCodeResourceNotFound)
		_, err = write(esdb.StreamExists{})
		b.mustBe(err, esdb.ErrorCodeWrongExpectedVersion)

		// It begins anew where it ended, however the client asks for that.
		written, err := write([]esdb.ExpectedRevision{esdb.NoStream{}, esdb.Any{}, esdb.Revision(last)}[round])
		b.must(err)
		_, again := write(esdb.NoStream{})
		b.mustBe(again, esdb.ErrorCodeWrongExpectedVersion)
		got, err := read()
		b.must(err)
		if written.NextExpectedVersion != last+1 || len(got) != 1 || got[0].EventNumber != last+1 {
			t.Errorf("after revision %d was deleted, %d was written and %v is read", last, written.NextExpectedVersion, got)
		}
	}
	kept, err := client.GetStreamMetadata(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards})
	b.must(err)
	if *kept.MaxCount() != 5 || *kept.TruncateBefore() < math.MaxInt64 { // which the client reads as a float
		t.Errorf("the metadata is %+v", kept)
	}
	b.hears(b.toStream("a", esdb.Start{}), "a@5", "caught up")
}

// Clients other than ours read from the trailers what was expected.
func TestDeleteTrailers(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	b.stored("ä", events(2)...)
	for _, c := range []struct {
		stream  string
		options *streams.DeleteReq_Options
		want    metadata.MD
	}{
		{"ä", &streams.DeleteReq_Options{ExpectedStreamRevision: &streams.DeleteReq_Options_NoStream{}}, metadata.Pairs("stream-name", "%C3%A4", "expected-version", "-1", "actual-version", "1")},
		{"ä", &streams.DeleteReq_Options{ExpectedStreamRevision: &streams.DeleteReq_Options_Revision{Revision: 7}}, metadata.Pairs("stream-name", "%C3%A4", "expected-version", "7", "actual-version", "1")},
		{"none", &streams.DeleteReq_Options{ExpectedStreamRevision: &streams.DeleteReq_Options_StreamExists{}}, metadata.Pairs("stream-name", "none", "expected-version", "-4", "actual-version", "-1")},
	} {
		c.options.StreamIdentifier = identifier("")
		c.options.StreamIdentifier.StreamName = []byte(c.stream)
		var trailer metadata.MD
		_, err := b.raw().Delete(b.ctx, &streams.DeleteReq{Options: c.options}, grpc.Trailer(&trailer))
		wantStatus(t, err, codes.FailedPrecondition)
		if trailer.Get("exception")[0] != "wrong-expected-version" {
			t.Errorf("the trailers are %v", trailer)
		}
		for key, want := range c.want {
			if got := trailer.Get(key); len(got) != 1 || got[0] != want[0] {
				t.Errorf("%s is %v, want %v", key, got, want)
			}
		}
	}
}

// interfering is a store to which somebody else writes once, just before an
// append.
type interfering struct {
	es.Store
	once  *sync.Once
	write func(ctx context.Context)
}

func (i interfering) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	i.once.Do(func() { i.write(ctx) })
	return i.Store.Append(ctx, stream, expected, events...)
}

// Metadata that is written while its stream is deleted stays, beside the mark.
func TestDeleteWhileMetadataIsWritten(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	t.Cleanup(func() { _ = store.Close() })
	b := serve(t, Config{Store: interfering{store, new(sync.Once), func(ctx context.Context) {
		_, _ = store.Append(ctx, "$$a", es.NoStream(), event(es.TypeMetadata, `{"$maxCount":7}`)) // seen below
	}}})
	_, err := store.Append(b.ctx, "a", es.NoStream(), events(1)...)
	b.must(err)
	_, err = b.plain().DeleteStream(b.ctx, "a", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	b.must(err)
	var said []string
	for _, e := range b.streamOf("$$a") {
		said = append(said, string(e.Data))
	}
	if diff := cmp.Diff([]string{`{"$maxCount":7}`, `{"$maxCount":7,"$tb":9223372036854775807}`}, said); diff != "" {
		t.Errorf("the metadata (-want +got):\n%s", diff)
	}
}
