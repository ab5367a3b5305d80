// Package apply makes the sources of a running Daybook what files declare. It
// is the same for the command line, which asks the API, and for the start of a
// server, which asks itself.
//
// [New] makes a [Plan]: what differs, decided by the same code that decides on
// the server, so that every mistake is found before anything is changed.
// [Plan.CarryOut] makes the changes, each only if nobody else has changed the
// source since the plan was made. Applying the same again changes nothing.
//
// What a file does not say stays as it is. With Prune, what it does not name
// goes, in the environments that it names: a file that speaks of development
// never touches production.
package apply
