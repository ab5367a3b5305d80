package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// healthcheckCommand lets a container without a shell ask itself.
type healthcheckCommand struct {
	Server string `env:"DAYBOOK_URL" placeholder:"URL" help:"The running Daybook (default http://${addr})."`
}

// Run asks whether the server answers.
func (c healthcheckCommand) Run(ctx context.Context) error {
	address := server{Server: c.Server}.url() + "/healthz"
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return usage("--server %s: write it as http://host:port", c.Server)
	}
	response, err := server{}.client().Do(request)
	if err != nil {
		return fmt.Errorf("no Daybook answers: %w", err)
	}
	if err := response.Body.Close(); err != nil {
		return fmt.Errorf("no Daybook answers: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, response.Status)
	}
	return nil
}
