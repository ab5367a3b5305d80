package embedded

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// What an append of one event to a new stream allocates, nearly all of it in
// database/sql and its driver, with half as much again.
const appendBudget = 45

func TestAppendAllocatesLittle(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	store := openStore(t, t.TempDir(), Options{})
	event := webhook()
	n := 0
	allocations := testing.AllocsPerRun(100, func() {
		n++
		event.ID = uuid.New()
		if _, err := store.Append(t.Context(), es.Stream(fmt.Sprintf("webhook-%d", n)), es.NoStream(), event); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > appendBudget {
		t.Errorf("%.0f allocations, at most %d", allocations, appendBudget)
	}
}
