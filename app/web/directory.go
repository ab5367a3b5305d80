package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"daybook/domain/action"
	"daybook/domain/value"
	"daybook/projections"
	"daybook/projections/directory"
	"daybook/views"
	"daybook/views/ui"
)

// The tabs of the directory.
const (
	tabUsers     = "users"
	tabObjects   = "objects"
	tabTenants   = "tenants"
	tabAudiences = "audiences"
	tabRuns      = "runs"
	tabCancelled = "cancelled"
)

// showDirectory is GET /directory?tab=&q=&collection=&recipient=: what the
// built-in destination holds; with id=, one entry of it.
func (s *Web) showDirectory(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	env := s.orFirst(environmentOf(r))
	model := views.Directory{
		Page: s.page(r, env), Tab: query.Get("tab"), Q: query.Get("q"),
		Collection: query.Get("collection"), Recipient: query.Get("recipient"),
	}
	if !slices.Contains([]string{tabObjects, tabTenants, tabAudiences, tabRuns, tabCancelled}, model.Tab) {
		model.Tab = tabUsers
	}
	if query.Get("id") != "" && model.Tab != tabRuns && model.Tab != tabCancelled {
		return s.showEntry(w, r, model)
	}
	rest, err := s.fillDirectory(r, &model, query.Get(afterParameter))
	if errors.Is(err, projections.ErrInvalidCursor) {
		model.Notice = &views.Notice{Bad: true, Text: "The page is not one of this log, so this is the newest."}
		rest, err = s.fillDirectory(r, &model, "")
	}
	if err != nil {
		return err
	}
	if rest.partial {
		model.Notice = &views.Notice{Text: "Not everything was searched yet. “Older” goes on."}
	}
	model.OlderURL = rest.url(r)
	return s.render(w, r, http.StatusOK, views.DirectoryPage(model))
}

// rest is where a list goes on.
type rest struct {
	next    string
	partial bool
}

// url is the address of the next page of what r asks for; empty at the end.
func (rest rest) url(r *http.Request) string {
	if rest.next == "" {
		return ""
	}
	more := r.URL.Query()
	more.Del(doneParameter)
	more.Set(afterParameter, rest.next)
	return "/directory?" + more.Encode()
}

// fillDirectory fills the chosen tab.
func (s *Web) fillDirectory(r *http.Request, model *views.Directory, after string) (rest, error) {
	filter := directory.Filter{Environment: model.Environment, Q: model.Q}
	if model.Tab == tabRuns || model.Tab == tabCancelled {
		filter.ID = model.Recipient
		if model.Tab == tabCancelled {
			filter.Status = directory.Cancelled
		}
		page, err := s.Directory.Runs(r.Context(), filter, pageRows, after)
		model.Runs = shown(page.Items, runOf)
		return rest{page.Next, page.Partial}, err
	}
	if model.Tab == tabObjects {
		filter.Collection = model.Collection
	}
	var found rest
	var err error
	model.Entries, found, err = s.entries(r, model.Tab, filter, after)
	return found, err
}

// entries reads those of a tab.
func (s *Web) entries(r *http.Request, tab string, f directory.Filter, after string) ([]views.Entry, rest, error) {
	switch tab {
	case tabObjects:
		page, err := s.Directory.Objects(r.Context(), f, pageRows, after)
		return shown(page.Items, objectOf), rest{page.Next, page.Partial}, err
	case tabTenants:
		page, err := s.Directory.Tenants(r.Context(), f, pageRows, after)
		return shown(page.Items, tenantOf), rest{page.Next, page.Partial}, err
	case tabAudiences:
		page, err := s.Directory.Audiences(r.Context(), f, pageRows, after)
		return shown(page.Items, audienceOf), rest{page.Next, page.Partial}, err
	default:
		page, err := s.Directory.Users(r.Context(), f, pageRows, after)
		return shown(page.Items, userOf), rest{page.Next, page.Partial}, err
	}
}

// shown are items as a page shows them.
func shown[T, V any](items []T, show func(T) V) []V {
	all := make([]V, len(items))
	for i, item := range items {
		all[i] = show(item)
	}
	return all
}

// entryPath is the address of an entry's own page.
func entryPath(environment, tab, collection, id string) string {
	query := url.Values{environmentQuery: {environment}, "tab": {tab}, "id": {id}}
	if collection != "" {
		query.Set("collection", collection)
	}
	return "/directory?" + query.Encode()
}

func userOf(u directory.User) views.Entry {
	e := entryOf(u.LastChange, u.Properties)
	e.URL = entryPath(u.Environment, tabUsers, "", u.ID)
	e.ID, e.Name, e.Email = u.ID, value.OrEmpty(u.Name), value.OrEmpty(u.Email)
	e.Phone, e.Avatar = value.OrEmpty(u.PhoneNumber), value.OrEmpty(u.Avatar)
	return e
}

func objectOf(o directory.Object) views.Entry {
	e := entryOf(o.LastChange, o.Properties)
	e.URL = entryPath(o.Environment, tabObjects, o.Collection, o.ID)
	e.Collection, e.ID, e.Name, e.Linked = o.Collection, o.ID, value.OrEmpty(o.Name), o.Subscriptions
	return e
}

func tenantOf(t directory.Tenant) views.Entry {
	e := entryOf(t.LastChange, t.Properties)
	e.URL = entryPath(t.Environment, tabTenants, "", t.ID)
	e.ID, e.Name = t.ID, value.OrEmpty(t.Name)
	return e
}

func audienceOf(a directory.Audience) views.Entry {
	e := entryOf(a.LastChange, nil)
	e.URL = entryPath(a.Environment, tabAudiences, "", a.Key)
	e.ID, e.Linked = a.Key, a.Members
	return e
}

func entryOf(last directory.LastChange, properties map[string]json.RawMessage) views.Entry {
	return views.Entry{
		Properties: jsonOf(properties), CreatedAt: moment(last.CreatedAt), UpdatedAt: moment(last.UpdatedAt), EventURL: eventPath(last.WebhookID),
	}
}

// jsonOf writes properties as the object they were.
func jsonOf(properties map[string]json.RawMessage) []byte {
	text, err := json.Marshal(properties)
	if err != nil {
		return nil // they were JSON when they were stored
	}
	return text
}

func runOf(run directory.Run) views.Run {
	shown := views.Run{
		ID:              run.ID,
		Workflow:        run.Workflow,
		Unknown:         len(run.UnknownRecipients) > 0,
		Status:          string(run.Status),
		CancellationKey: value.OrEmpty(run.CancellationKey),
		Data:            run.Data,
		At:              moment(run.At),
		EventURL:        eventPath(run.WebhookID),
	}
	if n := len(run.Recipients); n > 0 {
		first := directory.RecipientOf(run.Recipients[0])
		shown.Recipient, shown.RecipientURL = recipientName(first), recipientPath(run.Environment, first)
		if n > 1 {
			shown.Recipient += " and " + ui.Count(n-1) + " more"
		}
	}
	if len(run.Tenant) > 0 {
		shown.Tenant = action.RecipientID(run.Tenant)
	}
	return shown
}

// recipientName is the id of a user, and collection/id of an object.
func recipientName(to directory.Recipient) string {
	if to.Collection == nil {
		return to.ID
	}
	return *to.Collection + "/" + to.ID
}

// recipientPath is the address of the page of a recipient.
func recipientPath(environment string, to directory.Recipient) string {
	switch collection := value.OrEmpty(to.Collection); collection {
	case "", directory.UsersCollection:
		return entryPath(environment, tabUsers, "", to.ID)
	case directory.TenantsCollection:
		return entryPath(environment, tabTenants, "", to.ID)
	default:
		return entryPath(environment, tabObjects, collection, to.ID)
	}
}
