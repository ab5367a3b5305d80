package action

import (
	"strconv"

	"github.com/google/uuid"
)

// idSpace is the namespace of action ids. It never changes: an id that came out
// differently would be a different idempotency key.
const idSpace = "0b6ff6d4-3f0c-5d5b-9a55-1c7d0f5a9e31"

// ID returns the id of the action that a mapping leads to in one generation of
// a webhook. It is also the action's idempotency key at its destination, so the
// same four values always give the same id, and two that differ never do.
//
// The webhook is its id without the generation, as in development.stripe.evt_1;
// index counts the actions of one mapping from 0; generations count from 1.
func ID(webhook, mapping string, index, generation int) uuid.UUID {
	name := make([]byte, 0, len(webhook)+len(mapping)+24)
	name = strconv.AppendQuote(name, webhook)
	name = strconv.AppendQuote(name, mapping)
	name = strconv.AppendInt(name, int64(index), 10)
	name = append(name, '~')
	name = strconv.AppendInt(name, int64(generation), 10)
	return uuid.NewSHA1(uuid.MustParse(idSpace), name)
}
