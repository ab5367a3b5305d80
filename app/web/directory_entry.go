package web

import (
	"errors"
	"net/http"
	"net/url"

	"daybook/domain/value"
	"daybook/projections"
	"daybook/projections/directory"
	"daybook/views"
)

// entryRuns is how many of its runs stand on the page of an entry.
const entryRuns = 20

// showEntry is GET /directory?tab=&collection=&id=: one entry of the directory
// with all that belongs to it. What is not known may be followed and reached
// nevertheless, so its page is there, with 404.
func (s *Web) showEntry(w http.ResponseWriter, r *http.Request, in views.Directory) error {
	query := r.URL.Query()
	id := query.Get("id")
	model := views.DirectoryEntry{Page: in.Page, Tab: in.Tab, Entry: views.Entry{ID: id}}
	f := directory.Filter{Environment: in.Environment, ID: id}
	if in.Tab == tabObjects {
		f.Collection, model.Entry.Collection = in.Collection, in.Collection
	}
	found, _, err := s.entries(r, in.Tab, f, "")
	if err != nil {
		return err
	}
	if len(found) > 0 {
		model.Known, model.Entry = true, found[0]
	}
	err = s.fillEntry(r, &model, query.Get(afterParameter))
	if errors.Is(err, projections.ErrInvalidCursor) {
		model.Notice = &views.Notice{Bad: true, Text: "The page is not one of this log, so this is the newest."}
		err = s.fillEntry(r, &model, "")
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !model.Known {
		status = http.StatusNotFound
	}
	return s.render(w, r, status, views.DirectoryEntryPage(model))
}

// fillEntry fills what belongs to an entry.
func (s *Web) fillEntry(r *http.Request, m *views.DirectoryEntry, after string) error {
	f := directory.LinkFilter{Environment: m.Environment, ID: m.Entry.ID}
	switch m.Tab {
	case tabUsers:
		return errors.Join(s.fillUser(r, m), s.fillRuns(r, m, m.Entry.ID))
	case tabAudiences:
		page, err := s.Directory.Members(r.Context(), f, pageRows, after)
		m.Linked, m.OlderURL = shown(page.Items, memberLink), rest{next: page.Next}.url(r)
		return err
	case tabTenants:
		f.Collection = directory.TenantsCollection
		return s.fillSubscribers(r, m, f, after)
	default:
		f.Collection = m.Entry.Collection
		return errors.Join(s.fillSubscribers(r, m, f, after), s.fillRuns(r, m, m.Entry.Collection+"/"+m.Entry.ID))
	}
}

func (s *Web) fillUser(r *http.Request, m *views.DirectoryEntry) error {
	f := directory.LinkFilter{Environment: m.Environment, Recipient: m.Entry.ID}
	subscriptions, err := s.Directory.Subscriptions(r.Context(), f, pageRows, "")
	if err != nil {
		return err
	}
	members, err := s.Directory.Members(r.Context(), f, pageRows, "")
	if err != nil {
		return err
	}
	m.Subscriptions, m.Audiences = shown(subscriptions.Items, followedLink), shown(members.Items, audienceLink)
	m.More = subscriptions.Next != "" || members.Next != ""
	return nil
}

func (s *Web) fillSubscribers(r *http.Request, m *views.DirectoryEntry, f directory.LinkFilter, after string) error {
	page, err := s.Directory.Subscriptions(r.Context(), f, pageRows, after)
	m.Linked, m.OlderURL = shown(page.Items, subscriberLink), rest{next: page.Next}.url(r)
	return err
}

func (s *Web) fillRuns(r *http.Request, m *views.DirectoryEntry, recipient string) error {
	page, err := s.Directory.Runs(r.Context(), directory.Filter{Environment: m.Environment, ID: recipient}, entryRuns, "")
	m.Runs = shown(page.Items, runOf)
	m.RunsURL = "/directory?" + url.Values{environmentQuery: {m.Environment}, "tab": {tabRuns}, "recipient": {recipient}}.Encode()
	return err
}

// The links of an entry, seen from one of their ends.

func followedLink(s directory.Subscription) views.Link {
	of := directory.Recipient{Collection: &s.Collection, ID: s.Object}
	return linkOf(of, s.Environment, jsonOf(s.Properties), s.LastChange)
}

func subscriberLink(s directory.Subscription) views.Link {
	return linkOf(s.Recipient, s.Environment, jsonOf(s.Properties), s.LastChange)
}

func linkOf(to directory.Recipient, environment string, properties []byte, last directory.LastChange) views.Link {
	return views.Link{
		Name: recipientName(to), URL: recipientPath(environment, to), Properties: properties,
		UpdatedAt: moment(last.UpdatedAt), EventURL: eventPath(last.WebhookID),
	}
}

func memberLink(m directory.Member) views.Link {
	link := linkOf(directory.Recipient{ID: m.User}, m.Environment, nil, m.LastChange)
	link.Tenant = value.OrEmpty(m.Tenant)
	return link
}

func audienceLink(m directory.Member) views.Link {
	link := memberLink(m)
	link.Name, link.URL = m.Audience, entryPath(m.Environment, tabAudiences, "", m.Audience)
	return link
}
