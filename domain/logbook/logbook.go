// Package logbook is the first stream of every log, daybook-log: which log
// this is, and a value that only the right master key opens.
package logbook

import "daybook/domain/es"

// Stream is the name of the stream.
const Stream es.Stream = "daybook-log"

// Event is a fact in the stream.
//
//sumtype:decl
type Event interface{ isEvent() }

// Created begins a log.
type Created struct {
	// LogID is random. Positions and cursors mean something within one log
	// only, and read models remember of which they were made.
	LogID string `json:"log_id"`
	// KeyCheck is the log id, sealed: a master key that does not open it is
	// not the one that the log's secrets were sealed with.
	KeyCheck string `json:"key_check"`
}

func (Created) isEvent() {}

// KeyCheckContext is the associated data of the key check.
const KeyCheckContext = string(Stream) + "/key_check"

// Codec returns the table of the stream's events.
func Codec() es.Codec[Event] {
	return es.NewCodec(es.JSON[Created, Event]("LogCreated"))
}
