package api_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// answered holds the ids of the operations that answered as openapi.json says,
// and did not refuse.
var answered = sync.OnceValue(func() *sync.Map { return &sync.Map{} })

// TestMain fails, where all tests ran, if one of the operations never answered;
// and if a Daybook that was stopped left something running.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" {
		for path, operations := range openAPI().Paths {
			for method, op := range operations {
				if _, ok := answered().Load(op.OperationID); !ok {
					fmt.Printf("no test gets an answer of %s %s\n", strings.ToUpper(method), path)
					code = 1
				}
			}
		}
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}
