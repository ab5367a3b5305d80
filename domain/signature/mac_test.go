package signature_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"sync"
	"testing"

	"daybook/domain/signature"
)

// referenceMAC is HMAC-SHA256 as RFC 2104 writes it down.
func referenceMAC(key, message string) []byte {
	if len(key) > sha256.BlockSize {
		sum := sha256.Sum256([]byte(key))
		key = string(sum[:])
	}
	pad := func(with byte) []byte {
		block := bytes.Repeat([]byte{with}, sha256.BlockSize)
		for i := range len(key) {
			block[i] ^= key[i]
		}
		return block
	}
	inner := sha256.Sum256(append(pad(0x36), message...))
	outer := sha256.Sum256(append(pad(0x5c), inner[:]...))
	return outer[:]
}

func TestOneSecretServesManyAtOnce(t *testing.T) {
	t.Parallel()
	live := secrets(t, otherText, secretText)

	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 200 {
				sent := []byte(strings.Repeat("x", i*1000+j))
				lines := signature.Stripe{}.Sign(live[j%2], nil, sent, arrival)
				if want := macOf(live[j%2].Reveal(), "1700000000", string(sent)); !strings.HasSuffix(lines[headerName][0], want) {
					t.Errorf("signed %s, want %s", lines[headerName][0], want)
				}
				if _, failure := (signature.Stripe{}).Verify(lines, sent, live, arrival, signature.DefaultTolerance); failure != nil {
					t.Errorf("refused: %+v", failure)
				}
			}
		})
	}
	group.Wait()
}

// The one allocation is the skew of the answer; the other is room for the
// occasional garbage collection that empties the pool.
const allocationBudget = 2

func TestVerifyAllocatesLittle(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	if raceEnabled {
		t.Skip("allocations are counted without the race detector: run go test without -race")
	}
	live := secrets(t, otherText, secretText)
	sent := bytes.Repeat([]byte("x"), 3000)
	lines := signature.Stripe{}.Sign(live[1], nil, sent, arrival)

	allocations := testing.AllocsPerRun(200, func() {
		if _, failure := (signature.Stripe{}).Verify(lines, sent, live, arrival, signature.DefaultTolerance); failure != nil {
			t.Fatalf("refused: %+v", failure)
		}
	})
	if allocations > allocationBudget {
		t.Errorf("%.0f allocations, at most %d", allocations, allocationBudget)
	}
}

func BenchmarkStripeVerify(b *testing.B) {
	live := secrets(b, secretText)
	sent := bytes.Repeat([]byte("x"), 3000)
	lines := signature.Stripe{}.Sign(live[0], nil, sent, arrival)
	b.SetBytes(int64(len(sent)))
	b.ReportAllocs()
	for b.Loop() {
		if _, failure := (signature.Stripe{}).Verify(lines, sent, live, arrival, signature.DefaultTolerance); failure != nil {
			b.Fatalf("refused: %+v", failure)
		}
	}
}
