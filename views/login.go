package views

// Login is the log-in page, GET /login. Its form is POST /login with token
// and next.
type Login struct {
	Page
	Next  string
	Error string
}
