package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

type eventsCommands struct {
	List eventsListCommand `cmd:"" help:"List webhooks and rejections, the newest first."`
	Show eventsShowCommand `cmd:"" help:"Show one webhook or rejection with all that is known of it."`
}

// filters select items of the event log; they are the API's.
type filters struct {
	Source  string `placeholder:"KEY" help:"Only of this source."`
	Env     string `placeholder:"ENV" help:"Only of this environment."`
	Type    string `placeholder:"TYPE" help:"Only of this event type; * stands for anything."`
	Status  string `placeholder:"STATUS" help:"processing, succeeded, failed, ignored, rejected or duplicate."`
	Cause   string `placeholder:"CODE" help:"Only rejections with this cause."`
	Object  string `placeholder:"ID" help:"Only about this object, such as cus_123."`
	Key     string `placeholder:"KEY" help:"Only with this idempotency key."`
	Mapping string `placeholder:"KEY" help:"Only those that this mapping matched."`
	Action  string `placeholder:"TYPE" help:"Only with an action of this type."`
	Query   string `name:"q" short:"q" placeholder:"TEXT" help:"Only with this text in type, ids or key."`
	From    string `placeholder:"TIME" help:"Only received at or after this time (RFC 3339)."`
	To      string `placeholder:"TIME" help:"Only received before this time (RFC 3339)."`
}

func (f filters) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{
		"source": f.Source, "environment": f.Env, "type": f.Type, "status": f.Status, "cause": f.Cause, "object": f.Object,
		"key": f.Key, "mapping": f.Mapping, "action": f.Action, "q": f.Query, "from": f.From, "to": f.To,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

type eventsListCommand struct {
	server
	filters
	Limit int    `default:"50" placeholder:"N" help:"How many, 1 to 500 (default 50)."`
	After string `placeholder:"CURSOR" help:"Go on after an earlier list: what it gave as next."`
}

// Run lists items.
func (c eventsListCommand) Run(ctx context.Context, streams Streams) error {
	query := c.query()
	query.Set("limit", fmt.Sprint(c.Limit))
	if c.After != "" {
		query.Set("after", c.After)
	}
	var all listed[json.RawMessage]
	if err := c.call(ctx, http.MethodGet, "/events", query, nil, &all); err != nil {
		return err
	}
	rows := [][]string{{"RECEIVED", "STATUS", "TYPE", "OBJECT", "SOURCE", "DELIVERIES", "WHAT", "ID"}}
	for _, raw := range all.Items {
		if c.JSON {
			if err := printLine(streams.Out, raw); err != nil {
				return err
			}
			continue
		}
		i, err := readItem(raw)
		if err != nil {
			return err
		}
		rows = append(rows, i.row())
	}
	if !c.JSON {
		if err := printTable(streams.Out, rows...); err != nil {
			return err
		}
	}
	if all.Next != nil {
		_, err := fmt.Fprintf(streams.Err, "there are more: --after %s\n", *all.Next)
		return err
	}
	return nil
}

type eventsShowCommand struct {
	server
	ID string `arg:"" help:"The id of a webhook or rejection."`
}

// Run shows an item whole, as JSON.
func (c eventsShowCommand) Run(ctx context.Context, streams Streams) error {
	var detail json.RawMessage
	if err := c.call(ctx, http.MethodGet, "/events/"+url.PathEscape(c.ID), nil, nil, &detail); err != nil {
		return err
	}
	if c.JSON {
		return printLine(streams.Out, detail)
	}
	return printIndented(streams.Out, detail)
}
