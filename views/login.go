package views

// Login is the log-in page, GET /login. Its form is POST /login with token
// and next.
type Login struct {
	Page
	Next  string
	Error string
}

// Error is the page for a request that was not answered otherwise. Known
// statuses have words of their own; Message and Todo replace them.
type Error struct {
	Page
	Status  int
	Message string
	Todo    string
	// Request is the id under which the server's log has more; empty for none.
	Request string
}
