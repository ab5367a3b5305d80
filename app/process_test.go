package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"daybook/app/trigger"
	"daybook/domain/signature"
	"daybook/domain/template"
)

const (
	adminToken    = "an-admin-token-for-tests"
	masterKey     = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	signingSecret = "whsec_a_secret_for_tests"

	// patience is how long a test waits for what takes a moment.
	patience = 20 * time.Second
)

// process is a Daybook that serves as a process of its own.
type process struct {
	*exec.Cmd
	url string
	log bytes.Buffer // to be read when the process has ended
	end chan struct{}
}

// begin starts a process on a directory, with further variables. It may not
// listen yet.
func begin(t *testing.T, data string, variables ...string) (p *process, listening <-chan struct{}) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p = &process{
		Cmd: exec.CommandContext(t.Context(), exe, "serve", "--addr", "127.0.0.1:0", "--data", data, "--log-format", "json"),
		end: make(chan struct{}),
	}
	p.Env = append(os.Environ(), asProgram+"=yes", "DAYBOOK_ADMIN_TOKEN="+adminToken, "DAYBOOK_MASTER_KEY="+masterKey)
	p.Env = append(p.Env, variables...)
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	listens := make(chan struct{})
	go p.read(stderr, listens)
	return p, listens
}

func (p *process) read(stderr io.Reader, listens chan<- struct{}) {
	defer close(p.end)
	for lines := bufio.NewReader(io.TeeReader(stderr, &p.log)); ; {
		line, err := lines.ReadBytes('\n')
		var record struct{ Msg, Addr string }
		if json.Unmarshal(line, &record) == nil && record.Msg == "listening" {
			p.url = "http://" + record.Addr
			close(listens)
		}
		if err != nil {
			return
		}
	}
}

// wait returns how the process ended.
func (p *process) wait() error {
	<-p.end
	return p.Wait()
}

// start starts a process and returns once it listens.
func start(t *testing.T, data string) *process {
	t.Helper()
	p, listening := begin(t, data)
	p.await(t, listening)
	return p
}

// await returns once the process listens.
func (p *process) await(t *testing.T, listening <-chan struct{}) {
	t.Helper()
	select {
	case <-listening:
	case <-p.end:
		t.Fatalf("the process ended: %v\n%s", p.Wait(), &p.log)
	case <-time.After(patience):
		_ = p.Process.Kill()
		t.Fatalf("the process does not listen: %v\n%s", p.wait(), &p.log)
	}
}

// call asks the API of a Daybook, and reads its answer into what into points
// to, if that is not nil.
func call(t *testing.T, method, url, body string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode > 299 {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, response.Status, err, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatal(err)
	}
}

// connect makes a Stripe source, and returns the path of its ingest URL.
func connect(t *testing.T, url string) (path string) {
	t.Helper()
	return connectAs(t, url, "stripe")
}

// connectAs makes a Stripe source with a key.
func connectAs(t *testing.T, url, key string) (path string) {
	t.Helper()
	var got struct {
		Source struct {
			Settings map[string]struct {
				Settings struct{ Endpoint string }
			} `json:"environment_settings"`
		}
	}
	call(t, http.MethodPut, url+"/api/v1/sources/"+key+"?environment=development", `{"source":{"preconfigured_provider":"stripe"}}`, &got)
	call(t, http.MethodPost, url+"/api/v1/sources/"+key+"/secrets?environment=development", fmt.Sprintf(`{"secret":%q}`, signingSecret), nil)
	return got.Source.Settings["development"].Settings.Endpoint[len(url):]
}

// sender signs webhooks as Stripe would.
func sender(t *testing.T, client *http.Client, url string) trigger.Sender {
	t.Helper()
	stripe, ok := template.Get("stripe")
	if !ok {
		t.Fatal("there is no Stripe template")
	}
	secret, err := signature.NewSecret(signingSecret)
	if err != nil {
		t.Fatal(err)
	}
	return trigger.Sender{Client: client, URL: url, Template: stripe, Secret: secret, Now: time.Now}
}
