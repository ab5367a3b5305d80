package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daybook/app/declaration"
	"daybook/app/sources"
	"daybook/domain/rule"
)

type sourceCommands struct {
	List     sourceListCommand     `cmd:"" help:"List the sources."`
	Get      sourceGetCommand      `cmd:"" help:"Show one source."`
	Create   sourceCreateCommand   `cmd:"" help:"Make a source from a template."`
	Apply    sourceApplyCommand    `cmd:"" help:"Make sources what a file declares."`
	Delete   sourceDeleteCommand   `cmd:"" help:"Take a source out of an environment. Its log stays."`
	Rotate   sourceRotateCommand   `cmd:"" help:"Give a source a new ingest URL."`
	History  sourceHistoryCommand  `cmd:"" help:"List what was changed of a source, newest first."`
	Rehearse sourceRehearseCommand `cmd:"" help:"Say what would happen to a payload. Nothing is stored or sent."`
	Secret   secretCommands        `cmd:"" help:"Signing secrets: add, list, revoke."`
}

// environmentFlag says which environment a command is about.
type environmentFlag struct {
	Env string `default:"development" placeholder:"ENV" help:"The environment (default development)."`
}

func (e environmentFlag) query() url.Values { return url.Values{"environment": {e.Env}} }

// listed is a list as the API answers it.
type listed[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// allOf asks for a list, page by page, to its end.
func allOf[T any](ctx context.Context, s server, path string, query url.Values) ([]T, error) {
	var all []T
	asked := url.Values{"limit": {"500"}}
	maps.Copy(asked, query)
	for {
		var page listed[T]
		if err := s.call(ctx, http.MethodGet, path, asked, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == nil {
			return all, nil
		}
		asked.Set("after", *page.Next)
	}
}

type gotSource struct {
	Source sources.View `json:"source"`
}

type sourceListCommand struct {
	server
	Env string `placeholder:"ENV" help:"Only those of this environment."`
}

// Run lists the sources.
func (c sourceListCommand) Run(ctx context.Context, streams Streams) error {
	all, err := allOf[json.RawMessage](ctx, c.server, "/sources", inEnvironment(c.Env))
	if err != nil {
		return err
	}
	rows := [][]string{{"KEY", "NAME", "TEMPLATE", "ENVIRONMENT", "MAPPINGS", "INGEST URL"}}
	for _, raw := range all {
		if c.JSON {
			if err := printLine(streams.Out, raw); err != nil {
				return err
			}
			continue
		}
		var source sources.View
		if err := json.Unmarshal(raw, &source); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		for _, env := range slices.Sorted(maps.Keys(source.EnvironmentSettings)) {
			in := source.EnvironmentSettings[env]
			rows = append(rows, []string{
				source.Key, source.Name, source.PreconfiguredProvider, env, strconv.Itoa(len(in.Mappings)), in.Settings.Endpoint,
			})
		}
	}
	if c.JSON {
		return nil
	}
	return printTable(streams.Out, rows...)
}

// inEnvironment asks for one environment, or for all if env is empty.
func inEnvironment(env string) url.Values {
	if env == "" {
		return nil
	}
	return url.Values{"environment": {env}}
}

type sourceGetCommand struct {
	server
	Key  string `arg:"" help:"The source's key."`
	Env  string `placeholder:"ENV" help:"Only this environment."`
	YAML bool   `name:"yaml" help:"Print a file for source apply; secrets are left out."`
}

// Run shows a source.
func (c sourceGetCommand) Run(ctx context.Context, streams Streams) error {
	if c.JSON && c.YAML {
		return usage("--json or --yaml, not both")
	}
	var answer json.RawMessage
	if err := c.call(ctx, http.MethodGet, "/sources/"+url.PathEscape(c.Key), inEnvironment(c.Env), nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return printLine(streams.Out, answer)
	}
	var got gotSource
	if err := json.Unmarshal(answer, &got); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if c.YAML {
		declared, err := declaration.Write(got.Source)
		if err != nil {
			return err
		}
		_, err = streams.Out.Write(declared)
		return err
	}
	return printSource(streams.Out, got.Source)
}

func printSource(w io.Writer, source sources.View) error {
	err := printTable(w,
		[]string{"Key", source.Key},
		[]string{"Name", source.Name},
		[]string{"Description", or(&source.Description)},
		[]string{"Template", source.PreconfiguredProvider},
		[]string{"Created", source.CreatedAt.String()},
		[]string{"Changed", source.UpdatedAt.String()},
	)
	for _, env := range slices.Sorted(maps.Keys(source.EnvironmentSettings)) {
		in := source.EnvironmentSettings[env]
		err = errors.Join(err, printSettings(w, env, in.Settings), printMappings(w, in.Mappings))
	}
	return err
}

func printSettings(w io.Writer, env string, s sources.SettingsView) error {
	if _, err := fmt.Fprintf(w, "\nSettings (%s)\n", plain(env)); err != nil {
		return err
	}
	return printTable(w,
		[]string{"Ingest URL", s.Endpoint},
		[]string{"Event type path", s.EventTypePath},
		[]string{"Timestamp path", or(s.TimestampPath)},
		[]string{"Idempotency key path", or(s.IdempotencyKeyPath)},
		[]string{"Idempotency window", s.IdempotencyWindow.String()},
		[]string{"Enforce verification", yesOrNo(s.EnforceVerification)},
		[]string{"Tolerance", s.Tolerance.String()},
		[]string{"Disabled event types", list(s.DisabledEventTypes)},
		[]string{"Livemode", livemode(s.Livemode)},
		[]string{"Preprocess", oneLine(or(s.Preprocess))},
	)
}

func list(texts []string) string {
	if len(texts) == 0 {
		return "-"
	}
	return strings.Join(texts, ", ")
}

// livemode says what body.livemode has to be.
func livemode(wanted *bool) string {
	if wanted == nil {
		return "either"
	}
	return strconv.FormatBool(*wanted)
}

// oneLine writes an expression in a line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func printMappings(w io.Writer, mappings []rule.Mapping) error {
	if len(mappings) == 0 {
		_, err := fmt.Fprintln(w, "\nNo mappings")
		return err
	}
	rows := [][]string{{"MAPPING", "EVENT TYPE", "ACTION", "ACTIVE", "WHEN"}}
	for _, m := range mappings {
		when := oneLine(m.When)
		rows = append(rows, []string{m.Key, m.EventType, string(m.ActionType), yesOrNo(m.Active != rule.Off), or(&when)})
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return printTable(w, rows...)
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
