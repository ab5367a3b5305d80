// Package views holds the pages. Each page is a templ component that takes one
// plain model and gives HTML: nothing here reads a store, a clock or a request.
//
// # How a page is made
//
// A handler fills the model beside the page (events.go for events.templ) and
// renders it:
//
//	views.EventsPage(views.Events{Page: page, Rows: rows}).Render(ctx, w)
//
// Every model embeds [Page], which is what stands around the content: the
// environment, who is logged in, and the moment the page was made, so that
// relative times and goldens agree.
//
// # What every page keeps
//
//   - It works without JavaScript. Filters are a GET form, changes are POST
//     forms, and what moves (htmx with its SSE extension, and the modules of
//     static/js) only saves a reload.
//   - It is fit for "default-src 'self'": no inline style, no inline script.
//   - What comes from outside is text. It reaches the page through templ's
//     escaping, links from outside are built here, and payloads are drawn by
//     the bounded tree in views/ui.
//
// # Forms
//
// The comment on each model says which requests its forms make and how the
// fields are called. Errors go back in the model's Errors, by field name,
// with what was typed kept in the fields.
package views
