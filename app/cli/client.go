package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daybook/app"
	"daybook/app/keyring"
)

// server is how commands reach the Daybook that runs. Every command that talks
// to one embeds it.
type server struct {
	Server string `env:"DAYBOOK_URL" placeholder:"URL" help:"The running Daybook (default http://${addr})."`
	Token  string `env:"DAYBOOK_ADMIN_TOKEN" placeholder:"TOKEN" help:"The admin token (default: the one in DATA/admin.token)."`
	Data   string `env:"DAYBOOK_DATA" placeholder:"DIR" help:"Where admin.token is looked for (default ${data})."`
	JSON   bool   `name:"json" help:"Print the API's objects, one a line."`
}

// apiError is the error that the API answered.
type apiError struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Errors  []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

func (e *apiError) Error() string {
	lines := []string{e.Message}
	if len(e.Errors) > 1 {
		lines = lines[:0]
		for _, field := range e.Errors {
			lines = append(lines, strings.TrimPrefix(field.Field+": "+field.Message, ": "))
		}
	}
	return strings.Join(lines, "\n")
}

// call asks the API, and reads its answer into what into points to, if that is
// not nil.
func (s server) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	return s.callIf(ctx, method, path, query, nil, body, into)
}

// callIf is call with headers that make demands.
func (s server) callIf(ctx context.Context, method, path string, query url.Values, header http.Header, body, into any) error {
	response, err := s.open(ctx, method, path, query, body, header)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// open asks the API and returns its answer, to be closed, if it is a good one.
func (s server) open(ctx context.Context, method, path string, query url.Values, body any, header http.Header) (*http.Response, error) {
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	address := s.url() + "/api/v1" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return nil, usage("--server %s: write it as http://host:port", s.Server)
	}
	maps.Copy(request.Header, header)
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client().Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("no Daybook answers at %s: start one with: daybook serve (or name another with --server): %w", s.url(), errors.Unwrap(err))
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer func() { _ = response.Body.Close() }() // it was only read
		return nil, readError(response)
	}
	return response, nil
}

// client gives a server up that says nothing. What it says may take any time.
func (s server) client() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerTimeout
	transport.DisableKeepAlives = true // a command asks once or twice
	return &http.Client{Transport: transport}
}

// answerTimeout is how long a server may take to begin its answer.
const answerTimeout = 30 * time.Second

func readError(response *http.Response) error {
	answer := struct {
		Error *apiError `json:"error"`
	}{}
	err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	if err != nil || answer.Error == nil {
		return fmt.Errorf("the server answered %s, which Daybook does not; is --server right?", response.Status)
	}
	answer.Error.status = response.StatusCode
	return answer.Error
}

// url is where the running Daybook is: where --server says, else where a
// Daybook with this environment would listen.
func (s server) url() string {
	if s.Server != "" {
		return strings.TrimRight(s.Server, "/")
	}
	return app.LocalURL(cmp.Or(os.Getenv("DAYBOOK_ADDR"), app.DefaultAddr))
}

// data is the directory of the running Daybook, if it is on this machine.
func (s server) data() string { return cmp.Or(s.Data, app.DefaultData) }

func (s server) token() (string, error) {
	if s.Token != "" {
		return s.Token, nil
	}
	token, err := keyring.Load(filepath.Join(s.data(), app.AdminTokenFile))
	if err != nil {
		return "", fmt.Errorf("no admin token: give --token or %s, or --data of the Daybook that runs (%w)", adminTokenVariable, err)
	}
	return token, nil
}
