package views_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"daybook/static"
	"daybook/views"
	"daybook/views/ui"
	"daybook/views/viewstest"
)

// hostile are texts that break pages which trust them.
func hostile() []string {
	return []string{
		`"><hostile-tag onclick=hostile()>`,
		`'><hostile-tag>&lt;hostile-tag&gt;`,
		`</textarea></title></script><hostile-tag>`,
		`javascript:hostile()`,
		` JaVaScRiPt:hostile()`,
		"java\tscript:hostile()",
		`data:text/html,<hostile-tag>`,
		`" autofocus onfocus="hostile()`,
		"\x00<hostile-tag>\xff",
		"}} {{ `${hostile()}` ]]> -->",
		`{"a":"<hostile-tag>","b</div>":["</script><hostile-tag>"],"id":"cus_\"><hostile-tag>"}`,
	}
}

// TestHostileTextsStayText fills every string and every payload of every model
// with texts that want to be more than text.
func TestHostileTextsStayText(t *testing.T) {
	t.Parallel()
	for _, evil := range hostile() {
		for name, page := range pagesOf(evil) {
			t.Run(fmt.Sprintf("%s/%.20q", name, evil), func(t *testing.T) {
				t.Parallel()
				refuse(t, render(t, page))
			})
		}
	}
}

// refuse fails when anything of the page came alive.
func refuse(t *testing.T, text string) {
	t.Helper()
	page := parse(t, text)
	for _, fault := range page.policy() {
		t.Error(fault)
	}
	for _, n := range page.all {
		if n.Data == "hostile-tag" {
			t.Fatal("a text became an element")
		}
		for _, a := range n.Attr {
			if !strings.Contains(" href src action formaction ", " "+a.Key+" ") {
				continue
			}
			scheme, _, found := strings.Cut(a.Val, ":")
			if found && !strings.ContainsAny(scheme, "/?#") && !strings.HasPrefix(a.Val, "about:invalid") {
				t.Errorf("%s=%q has a scheme", a.Key, a.Val)
			}
		}
	}
}

// pagesOf are all pages with one text wherever a text can be.
func pagesOf(evil string) map[string]templ.Component {
	return map[string]templ.Component{
		"events":          views.EventsPage(filled[views.Events](evil)),
		"row":             views.EventRow(filled[views.Row](evil)),
		"event":           views.EventPage(filled[views.Event](evil)),
		"streams":         views.StreamsPage(filled[views.Streams](evil)),
		"stream":          views.StreamPage(filled[views.Stream](evil)),
		"sources":         views.SourcesPage(filled[views.Sources](evil)),
		"source_new":      views.SourceNewPage(filled[views.SourceNew](evil)),
		"source_events":   views.SourceEventsPage(filled[views.SourceEvents](evil)),
		"source_mappings": views.SourceMappingsPage(filled[views.SourceMappings](evil)),
		"source_settings": views.SourceSettingsPage(filled[views.SourceSettings](evil)),
		"actions":         views.ActionsPage(filled[views.Actions](evil)),
		"actions_confirm": views.ActionsConfirmPage(filled[views.ActionsConfirm](evil)),
		"destination":     views.DestinationPage(filled[views.Destination](evil)),
		"directory":       views.DirectoryPage(filled[views.Directory](evil)),
		"directory_entry": views.DirectoryEntryPage(filled[views.DirectoryEntry](evil)),
		"help_actions":    views.HelpActionsPage(filled[views.HelpActions](evil)),
		"help_mappings":   views.HelpMappingsPage(filled[views.HelpMappings](evil)),
		"login":           views.LoginPage(filled[views.Login](evil)),
		"error":           views.ErrorPage(filled[views.Error](evil)),
		"alerts":          views.AlertsPage(filled[views.Alerts](evil)),
		"system":          views.SystemPage(filled[views.System](evil)),
	}
}

// filled is a model in which everything is set: texts to evil, numbers to 2,
// and lists to two items. The assets alone are ours, as they are in the app.
func filled[M any](evil string) M {
	var model M
	fill(reflect.ValueOf(&model).Elem(), evil)
	return model
}

func fill(v reflect.Value, evil string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(2)
	case reflect.Uint64:
		v.SetUint(2)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), evil)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(evil))
			return
		}
		if v.Type().Elem() == reflect.TypeFor[ui.Span]() {
			v.Set(reflect.ValueOf(spans(evil)).Convert(v.Type()))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), evil)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, evil)
		for _, key := range []string{"", "name", "key", "secret", "when", "from", evil} {
			v.SetMapIndex(reflect.ValueOf(key), value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(viewstest.Now()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "Static" {
				v.Field(i).SetString(static.Base())
				continue
			}
			fill(v.Field(i), evil)
		}
	default:
		panic("a model holds a " + v.Kind().String())
	}
}

// spans are a line of every kind of span, and a link.
func spans(evil string) []ui.Span {
	all := []ui.Span{{Text: evil, Href: evil}}
	for _, kind := range []ui.Kind{ui.Plain, ui.Strong, ui.Code, ui.Hit, ui.Faint, ui.Kind(evil)} {
		all = append(all, ui.Span{Text: evil, Kind: kind})
	}
	return all
}

// FuzzHostile draws the two pages that show the most of what strangers sent.
func FuzzHostile(f *testing.F) {
	for _, evil := range hostile() {
		f.Add(evil)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		refuse(t, render(t, views.EventPage(filled[views.Event](evil))))
		refuse(t, render(t, views.EventRow(filled[views.Row](evil))))
	})
}

// TestStates covers what a filled model cannot show: branches for which a
// text must be a certain word, or empty.
func TestStates(t *testing.T) {
	t.Parallel()
	evil := hostile()[0]
	for _, status := range []string{"processing", "succeeded", "failed", "ignored", "rejected"} {
		event := filled[views.Event](evil)
		event.Rejection, event.Replay, event.Status = nil, nil, status
		refuse(t, render(t, views.EventPage(event)))
	}
	for _, tab := range []string{"users", "objects", "tenants", "audiences", "runs", "cancelled"} {
		directory := filled[views.Directory](evil)
		directory.Tab = tab
		refuse(t, render(t, views.DirectoryPage(directory)))
		directory.Entries, directory.Runs = nil, nil
		refuse(t, render(t, views.DirectoryPage(directory)))
		directory.Q, directory.Collection, directory.Recipient = "", "", ""
		refuse(t, render(t, views.DirectoryPage(directory)))
		entry := filled[views.DirectoryEntry](evil)
		entry.Tab = tab
		refuse(t, render(t, views.DirectoryEntryPage(entry)))
		entry.Known, entry.Linked, entry.Subscriptions = false, nil, nil
		refuse(t, render(t, views.DirectoryEntryPage(entry)))
	}
	waiting := filled[views.SourceEvents](evil)
	waiting.Test.Unable, waiting.Setup.Secret.Sent = "", false
	refuse(t, render(t, views.SourceEventsPage(waiting)))
	waiting.Source.Secrets, waiting.Source.Enforced, waiting.Test.Mapped = 0, false, nil
	refuse(t, render(t, views.SourceEventsPage(waiting)))
	waiting.Setup = nil
	refuse(t, render(t, views.SourceEventsPage(waiting)))
	choose := filled[views.SourceNew](evil)
	choose.Chosen = nil
	refuse(t, render(t, views.SourceNewPage(choose)))
	log := filled[views.Events](evil)
	log.Rows = nil
	refuse(t, render(t, views.EventsPage(log)))
}
