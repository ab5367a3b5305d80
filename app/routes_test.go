package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A method that nobody has heard of is refused as one that a path does not take.
func TestMethodsThatNobodyHasHeardOf(t *testing.T) {
	t.Parallel()
	r := run(t, config(t))
	client := newClient(t)
	for _, asked := range []struct {
		path, token string
		status      int
		allow, has  string
	}{
		{"/in/nobody", "", http.StatusMethodNotAllowed, http.MethodPost, `"code":"method_not_allowed"`},
		{"/api/v1/sources", adminToken, http.StatusMethodNotAllowed, http.MethodGet, `"code":"method_not_allowed"`},
		{"/api/v1/sources", "", http.StatusUnauthorized, "", `"code":"unauthorized"`},
		{"/sources", "", http.StatusMethodNotAllowed, "", "another method"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), "PROPFIND", r.LocalURL()+asked.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if asked.token != "" {
			request.Header.Set("Authorization", "Bearer "+asked.token)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read to its end, or there is an error
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != asked.status || answer.Header.Get("Allow") != asked.allow || !strings.Contains(string(body), asked.has) {
			t.Errorf("%s with the token %q: %s, Allow %q, %s", asked.path, asked.token, answer.Status, answer.Header.Get("Allow"), body)
		}
	}
	r.end(t)
}
