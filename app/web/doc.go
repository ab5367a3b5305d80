// Package web serves the pages: routes, sessions, forms, and the stream of rows
// for the live log.
//
// A page is made in three steps, each in its own hands: the handler asks
// (configuration, log, read models), a small pure function translates what was
// found into the page's view model, and package views draws it. The file of a
// page is called as in package views.
//
// # What can be relied on
//
//   - Nothing is shown without a session, except the log-in.
//   - A page is rendered whole before its first byte is sent, so what fails
//     halfway is an error page with the right status and not a torn page.
//   - Forms that cannot be taken come back with what was typed (secrets
//     excepted), the errors beside their fields, and a status that says so;
//     forms that were taken are answered with 303, so that a reload repeats
//     nothing. The notice that follows is named in the address by a word of a
//     fixed list: no link can make a page say something of its own.
//   - What an error means to the outside is decided by package respond, for
//     pages as for the API.
package web
