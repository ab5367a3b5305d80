package views

import "net/url"

// pathSegment makes s fit for one segment of a path.
func pathSegment(s string) string { return url.PathEscape(s) }

// queryValue makes s fit for a value of a query.
func queryValue(s string) string { return url.QueryEscape(s) }

// environmentQuery carries the environment on in a longer query.
func environmentQuery(slug string) string {
	if slug == "" {
		return ""
	}
	return "&environment=" + url.QueryEscape(slug)
}

// isElsewhere reports whether an address may be linked to that is not ours: one
// of a provider's own pages, over https.
func isElsewhere(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}
