package wire

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"daybook/domain/es"
)

func TestReadStream(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	b.stored("a", events(5)...)
	b.stored("b", events(2)...)
	b.stored("a", events(3)...)
	for _, c := range []struct {
		from  esdb.StreamPosition
		dir   esdb.Direction
		count uint64
		want  []uint64
	}{
		{esdb.Start{}, esdb.Forwards, 100, []uint64{0, 1, 2, 3, 4, 5, 6, 7}},
		{esdb.Start{}, esdb.Forwards, 3, []uint64{0, 1, 2}},
		{esdb.Revision(5), esdb.Forwards, math.MaxUint64, []uint64{5, 6, 7}},
		{esdb.Revision(8), esdb.Forwards, 1, nil},
		{esdb.Revision(math.MaxInt64), esdb.Forwards, 1, nil},
		{esdb.End{}, esdb.Backwards, 1, []uint64{7}},
		{esdb.End{}, esdb.Backwards, 100, []uint64{7, 6, 5, 4, 3, 2, 1, 0}},
		{esdb.Revision(2), esdb.Backwards, 2, []uint64{2, 1}},
		{esdb.Revision(100), esdb.Backwards, 1, []uint64{7}},
		{esdb.Start{}, esdb.Backwards, 10, []uint64{0}},
	} {
		var got []uint64
		for _, e := range b.all(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: c.from, Direction: c.dir, ResolveLinkTos: true}, c.count)) {
			got = append(got, e.EventNumber)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%d from %v, direction %d (-want +got):\n%s", c.count, c.from, c.dir, diff)
		}
	}
	b.same(b.all(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 100)), b.streamOf("a"))
}

func TestReadNoStream(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.plain()
	for _, from := range []esdb.StreamPosition{esdb.Start{}, esdb.Revision(3)} {
		_, err := tryAll(client.ReadStream(b.ctx, "none", esdb.ReadStreamOptions{From: from}, 1))
		b.mustBe(err, esdb.ErrorCodeResourceNotFound)
	}
	_, err := tryAll(client.ReadStream(b.ctx, "none", esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1))
	b.mustBe(err, esdb.ErrorCodeResourceNotFound)

	b.must(b.store.Tombstone(b.ctx, "ended %ä\n"))
	_, err = tryAll(client.ReadStream(b.ctx, "ended %ä\n", esdb.ReadStreamOptions{From: esdb.Start{}}, 1))
	b.mustBe(err, esdb.ErrorCodeStreamDeleted)
}

func TestReadAll(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	for i := range 700 {
		b.stored(es.Stream(fmt.Sprint("s-", i%3)), events(1)...)
	}
	log := b.log()
	read := func(from esdb.AllPosition, dir esdb.Direction, count uint64) []*esdb.RecordedEvent {
		return b.all(client.ReadAll(b.ctx, esdb.ReadAllOptions{From: from, Direction: dir}, count))
	}
	b.same(read(esdb.Start{}, esdb.Forwards, math.MaxUint64), log)
	b.same(read(esdb.Start{}, esdb.Forwards, 5), log[:5])
	b.same(read(esdb.End{}, esdb.Forwards, 5), nil)
	b.same(read(esdb.Start{}, esdb.Backwards, 5), nil)
	backward := slices.Clone(log)
	slices.Reverse(backward)
	b.same(read(esdb.End{}, esdb.Backwards, math.MaxUint64), backward)

	at := esdb.Position{Commit: uint64(log[300].Position), Prepare: uint64(log[300].Position)}
	b.same(read(at, esdb.Forwards, 1000), log[300:]) // with the event there
	b.same(read(at, esdb.Backwards, 1000), backward[400:])
	before := esdb.Position{Commit: at.Commit, Prepare: at.Prepare - 1}
	b.same(read(before, esdb.Backwards, 1000), backward[400:])
	_, err := tryAll(client.ReadAll(b.ctx, esdb.ReadAllOptions{From: esdb.Position{Commit: 1, Prepare: 2}}, 1))
	b.mustBe(err, esdb.ErrorCodeUnknown)
}

// $all can be read filtered; the client of this version cannot ask for it, other
// clients do.
func TestReadAllFiltered(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	raw := b.raw()
	for i := range 20 {
		b.stored(es.Stream(fmt.Sprint("s-", i%2)), event([]string{"Made", "Mended"}[i%4/2], "{}"))
	}
	for _, dir := range []streams.ReadReq_Options_ReadDirection{streams.ReadReq_Options_Forwards, streams.ReadReq_Options_Backwards} {
		req := readAllReq(3)
		req.Options.ReadDirection = dir
		if dir == streams.ReadReq_Options_Backwards {
			req.Options.StreamOption = allFrom(&streams.ReadReq_Options_AllOptions_End{})
		}
		req.Options.FilterOption = &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
			Filter: byType(&streams.ReadReq_Options_FilterOptions_Expression{Regex: "^Men"}),
			Window: &streams.ReadReq_Options_FilterOptions_Count{}, CheckpointIntervalMultiplier: 1,
		}}
		got := b.rawEvents(raw, req)
		for _, e := range got {
			if e.GetMetadata()["type"] != "Mended" {
				t.Errorf("direction %v: the filter let %v through", dir, e)
			}
		}
		if len(got) != 3 {
			t.Errorf("direction %v: %d events, want 3", dir, len(got))
		}
	}
}

func TestSystemMetadata(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	v7 := event("Happened", `{"a":1}`)
	v4 := es.Event{ID: uuid.New(), Type: "Happened", Data: []byte("{"), Metadata: []byte(`{"at":"2026-01-02T03:04:05.678Z"}`)}
	bare := es.Event{ID: uuid.New(), Type: "broken \xff", Metadata: []byte("not ours")}
	future := es.Event{ID: uuid.UUID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x70, 0, 0x80}, Type: "Future"}
	b.stored("a", v7, v4, bare, future)

	got := b.all(b.plain().ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 9))
	seconds, nanoseconds := v7.ID.Time().UnixTime()
	for i, want := range []struct {
		created time.Time
		kind    string
		content string
	}{
		{time.Unix(seconds, nanoseconds).UTC().Truncate(time.Millisecond), "Happened", "application/json"},
		{time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), "Happened", "application/octet-stream"},
		{time.Unix(0, 0).UTC(), "broken \uFFFD", "application/octet-stream"},
		{time.Unix(0, 0).UTC(), "Future", "application/octet-stream"},
	} {
		e := got[i]
		if !e.CreatedDate.Equal(want.created) || e.EventType != want.kind || e.ContentType != want.content {
			t.Errorf("event %d was created %s, type %q, %s; want %s, %q, %s", i, e.CreatedDate, e.EventType, e.ContentType, want.created, want.kind, want.content)
		}
	}
	if at := got[0].CreatedDate; time.Since(at).Abs() > time.Minute {
		t.Errorf("created %s", at)
	}
}

func TestIDsAsText(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	e := event("Happened", "{}")
	b.stored("a", e)
	req := readAllReq(1)
	req.Options.UuidOption.Content = &streams.ReadReq_Options_UUIDOption_String_{}
	if got := b.rawEvents(b.raw(), req)[0].GetId().GetString_(); got != e.ID.String() {
		t.Errorf("the id is %q, want %s", got, e.ID)
	}
}

func TestStreamMetadata(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	client := b.plain()
	b.stored("a", events(10)...)
	newest := esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}
	var set esdb.StreamMetadata
	set.SetMaxCount(2)
	set.SetMaxAge(time.Hour)
	set.AddCustomProperty("owner", "me")
	_, err := client.SetStreamMetadata(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, set)
	b.must(err)
	got, err := client.GetStreamMetadata(b.ctx, "a", newest)
	b.must(err)
	if *got.MaxCount() != 2 || *got.MaxAge() != time.Hour || got.CustomProperty("owner") != "me" {
		t.Errorf("the metadata is %+v", got)
	}
	b.same(b.all(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Start{}}, 100)), b.streamOf("a"))
	if n := len(b.streamOf("a")); n != 2 {
		t.Errorf("$maxCount keeps %d events", n)
	}

	set = esdb.StreamMetadata{}
	set.SetTruncateBefore(9)
	_, err = client.SetStreamMetadata(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Revision(0)}, set)
	b.must(err)
	for _, o := range []esdb.ReadStreamOptions{{From: esdb.Start{}}, newest, {From: esdb.Revision(9)}} {
		if all := b.all(client.ReadStream(b.ctx, "a", o, 100)); len(all) != 1 || all[0].EventNumber != 9 {
			t.Errorf("after $tb, %+v yields %v", o, all)
		}
	}
	if all := b.all(client.ReadStream(b.ctx, "a", esdb.ReadStreamOptions{From: esdb.Revision(8), Direction: esdb.Backwards}, 100)); len(all) != 0 {
		t.Errorf("before $tb there is %v", all)
	}
	_, err = tryAll(client.ReadStream(b.ctx, "$$none", newest, 1))
	b.mustBe(err, esdb.ErrorCodeResourceNotFound)
}

// TestReadsAgree: whatever the log, and wherever one begins, a client reads what
// the store yields.
func TestReadsAgree(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.plain()
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(t, "appends") {
			stream := es.Stream(rapid.SampledFrom([]string{"a", "b", "ä'%"}).Draw(t, "stream"))
			b.stored(stream, events(rapid.IntRange(1, 3).Draw(t, "events"))...)
		}
		log := b.log()
		dir := rapid.SampledFrom([]es.Direction{es.Forward, es.Backward}).Draw(t, "direction")
		count := rapid.IntRange(1, 40).Draw(t, "count")
		from := rapid.Uint64Range(1, uint64(len(log))+2).Draw(t, "position")

		var want []es.Recorded
		for _, e := range log {
			if dir == es.Forward && uint64(e.Position) >= from || dir == es.Backward && uint64(e.Position) < from {
				want = append(want, e)
			}
		}
		if dir == es.Backward {
			slices.Reverse(want)
		}
		options := esdb.ReadAllOptions{From: esdb.Position{Commit: from, Prepare: from}, Direction: esdb.Direction(dir)}
		b.same(b.all(client.ReadAll(b.ctx, options, uint64(count))), want[:min(count, len(want))])
	})
}
