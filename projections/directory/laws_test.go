package directory_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/directory"
	"daybook/projections/projectiontest"
)

// touching are requests that all touch the same few.
func touching() []rule.Planned {
	planned := func(t action.Type, payload string) rule.Planned { return projectiontest.Planned("m", t, payload) }
	const red = `"collection":"teams","id":"red"`
	return []rule.Planned{
		planned(action.UsersIdentify, `{"id":"ada","name":"Ada"}`),
		planned(action.UsersDelete, `{"id":"ada"}`),
		planned(action.ObjectsSet, `{`+red+`,"name":"Red"}`),
		planned(action.ObjectsDelete, `{`+red+`}`),
		planned(action.ObjectsSubscribe, `{`+red+`,"properties":{"since":1},"recipients":["ada",{"collection":"teams","id":"blue","size":2}]}`),
		planned(action.ObjectsSubscribe, `{`+red+`,"properties":{"role":"lead"},"recipients":[{"id":"ada","name":"Inline"}]}`),
		planned(action.ObjectsUnsubscribe, `{`+red+`,"recipients":["ada"]}`),
		planned(action.ObjectsDelete, `{"collection":"teams","id":"blue"}`),
		planned(action.AudiencesAddMember, `{"key":"beta","members":["ada"],"tenant":{"id":"acme","name":"Acme"}}`),
		planned(action.AudiencesRemoveMember, `{"key":"beta","members":["ada"],"tenant":"acme"}`),
		planned(action.TenantsDelete, `{"id":"acme"}`),
	}
}

// TestErasedIsAsIfItHadNeverBeen: whatever was carried out, and whatever of it
// was erased since, the directory that grew equals one that never saw what was
// erased.
func TestErasedIsAsIfItHadNeverBeen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		defer func() { _ = store.Close() }()
		log := projectiontest.New(rt, store)
		size := rapid.IntRange(1, 7).Draw(rt, "size")
		var refs []webhook.Ref
		for i := range rapid.IntRange(2, 30).Draw(rt, "webhooks") {
			ref := webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", i), Generation: 1}
			log.At += 1000
			log.Receive(ref, "customer.created", "cus_1")
			log.Plan(ref, "", nil, rapid.SampledFrom(touching()).Draw(rt, "request"))
			log.Succeed(ref)
			refs = append(refs, ref)
			if rapid.IntRange(0, 3).Draw(rt, "erase") == 0 {
				log.Delete(rapid.SampledFrom(refs).Draw(rt, "erased").Stream())
			}
		}
		grown := dump(rt, log, projectiontest.Rebatched(store, func() int { return size }))
		if diff := cmp.Diff(dump(rt, log, projectiontest.Scavenged(store)), grown); diff != "" {
			rt.Fatalf("made of what is left, and grown (-left +grown):\n%s", diff)
		}
	})
}

func dump(t *rapid.T, log *projectiontest.Log, store es.Store) []string {
	var text strings.Builder
	runner := projectiontest.Runner(t, store, directory.Projection())
	log.WaitFor(runner)
	if err := runner.Dump(context.Background(), &text); err != nil {
		t.Fatal(err)
	}
	return strings.Split(text.String(), "\n")
}
