package cli

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"daybook/app/rehearse"
	"daybook/app/respond"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

type sourceRehearseCommand struct {
	server
	environmentFlag
	Key    string   `arg:"" help:"The source's key."`
	File   string   `short:"f" placeholder:"FILE" help:"The body, byte for byte, or - to read it from standard input."`
	Type   string   `placeholder:"TYPE" help:"Take the template's sample of this event type instead."`
	Header []string `placeholder:"NAME: VALUE" sep:"none" help:"A header that comes with it."`
	Verify bool     `help:"Judge the signature too, with the source's live secrets."`
}

// rehearseRequest is what the API is asked.
type rehearseRequest struct {
	Payload *rehearsePayload `json:"payload,omitempty"`
	Type    string           `json:"type,omitempty"`
	Verify  bool             `json:"verify"`
}

type rehearsePayload struct {
	Raw     map[string]string `json:"raw"`
	Headers map[string]string `json:"headers,omitempty"`
}

// Run says what would happen to a payload.
func (c sourceRehearseCommand) Run(ctx context.Context, streams Streams) error {
	request, err := c.request(streams.In)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	err = c.call(ctx, http.MethodPost, "/sources/"+url.PathEscape(c.Key)+"/rehearse", c.query(), request, &answer)
	if err != nil {
		return err
	}
	if c.JSON {
		return printLine(streams.Out, answer)
	}
	var result rehearse.Result
	if err := json.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if err := printRehearsal(streams.Out, result); err != nil {
		return err
	}
	_, err = fmt.Fprintln(streams.Err, "a rehearsal: nothing was stored, and nothing sent")
	return err
}

func (c sourceRehearseCommand) request(in io.Reader) (rehearseRequest, error) {
	q := rehearseRequest{Type: c.Type, Verify: c.Verify}
	switch {
	case c.File == "" && c.Type == "":
		return q, usage("give a payload with --file, or an event type with --type")
	case c.File != "" && c.Type != "":
		return q, usage("--file and --type: give one of them")
	case c.Type != "" && len(c.Header) > 0:
		return q, usage("--header is for --file: a sample has its own")
	case c.Type != "":
		return q, nil
	}
	body, err := readPayload(c.File, in)
	if err != nil {
		return q, err
	}
	headers := map[string]string{}
	for _, line := range c.Header {
		name, text, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return q, usage("--header %s: write it as NAME: VALUE", line)
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(text)
	}
	q.Payload = &rehearsePayload{Raw: map[string]string{"base64": base64.StdEncoding.EncodeToString(body)}, Headers: headers}
	return q, nil
}

// readPayload reads a file, or standard input for -, as far as the API takes
// it: it says itself what is too large.
func readPayload(file string, in io.Reader) ([]byte, error) {
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("read the payload: %w", err)
		}
		defer func() { _ = opened.Close() }() // it was only read
		in = opened
	}
	body, err := io.ReadAll(io.LimitReader(in, respond.MaxRequest))
	if err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	return body, nil
}

func printRehearsal(w io.Writer, r rehearse.Result) error {
	if r.Error != nil {
		return printTable(w, []string{"Status", string(r.Status)}, []string{"Why", r.Error.Code + ": " + r.Error.Message})
	}
	rows := [][]string{
		{"Status", string(r.Status)},
		{"Id", or(r.ID)},
		{"Event type", or(r.EventType)},
		{"Idempotency key", or(r.Key)},
	}
	if r.DuplicateOf != nil {
		rows = append(rows, []string{"Duplicate of", *r.DuplicateOf + " (nothing would be done; below is what would be, were it new)"})
	}
	if v := r.Verification; v != nil {
		rows = append(rows, []string{"Verification", strings.TrimSpace(string(v.Status) + " " + string(v.Cause))})
	}
	if r.PreprocessError != nil {
		rows = append(rows, []string{"Preprocess", *r.PreprocessError})
	}
	if r.Explanation != nil {
		rows = append(rows, []string{"Nothing to do", *r.Explanation})
	}
	return errors.Join(printTable(w, rows...), printVerdicts(w, r.Mappings), printPlan(w, r.Plan))
}

func printVerdicts(w io.Writer, verdicts []rule.Verdict) error {
	if len(verdicts) == 0 {
		return nil
	}
	rows := [][]string{{"MAPPING", "EVENT TYPE", "SAID", "BECAUSE"}}
	for _, v := range verdicts {
		said := "matched"
		if !v.Matched {
			said = string(v.Reason)
		}
		rows = append(rows, []string{v.Key, v.EventType, said, cmp.Or(v.Error, v.Trace, "-")})
	}
	_, err := fmt.Fprintln(w)
	return errors.Join(err, printTable(w, rows...))
}

func printPlan(w io.Writer, plan []webhook.PlannedAction) error {
	for _, a := range plan {
		line := fmt.Sprintf("%s (%s)", a.ActionType, a.MappingKey)
		if a.Problem != nil {
			line += ": cannot be carried out: " + a.Problem.Message
		}
		if _, err := fmt.Fprintln(w, "\n"+plain(line)); err != nil {
			return err
		}
		if err := printIndented(w, a.Payload); err != nil {
			return err
		}
	}
	return nil
}
