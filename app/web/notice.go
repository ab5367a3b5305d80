package web

import (
	"net/url"

	"daybook/views"
)

// done names what a form did, in the address that follows on it.
type done string

// What forms do.
const (
	sourceCreated   done = "created"
	sourceDeleted   done = "deleted"
	settingsSaved   done = "settings-saved"
	secretAdded     done = "secret-added"
	secretRevoked   done = "secret-revoked"
	addressRotated  done = "address-rotated"
	mappingSaved    done = "mapping-saved"
	mappingSwitched done = "mapping-switched"
	mappingMoved    done = "mapping-moved"
	mappingResumed  done = "mapping-resumed"
	mappingRemoved  done = "mapping-removed"
	typeSwitched    done = "type-switched"
	// revisionRestored made a new change, nothingRestored had nothing to do.
	revisionRestored done = "restored"
	nothingRestored  done = "nothing-restored"
	testEventSent    done = "test-sent"
	rebuildBegun     done = "rebuild-begun"
	alertSeen        done = "alert-seen"
	alertClosed      done = "alert-closed"
	alertingSaved    done = "alerting-saved"
	actionRetried    done = "action-retried"
	actionSkipped    done = "action-skipped"
	retriesBegun     done = "retries-begun"
	planned          done = "planned"
	destinationSaved done = "destination-saved"
)

// notice is what is said about it; nil if it is none of these: an address
// cannot make a page say something of its own.
func (d done) notice() *views.Notice {
	text := ""
	switch d {
	case sourceCreated:
		text = "The source is made. Give its URL to the provider."
	case sourceDeleted:
		text = "The source is gone from this environment, and its URL answers 404. What it received stays in the log."
	case settingsSaved:
		text = "The settings are saved and in force."
	case secretAdded:
		text = "The secret is added and counts from now on."
	case secretRevoked:
		text = "The secret ends as you chose."
	case addressRotated:
		text = "There is a new URL, below. The old one ends as you chose."
	case mappingSaved:
		text = "The mapping is saved and in force."
	case mappingSwitched:
		text = "The mapping is switched."
	case mappingResumed:
		text = "The mapping is asked again."
	case mappingMoved:
		text = "The mapping is moved."
	case mappingRemoved:
		text = "The mapping is removed."
	case typeSwitched:
		text = "The event type is switched."
	case revisionRestored:
		text = "It is as it was, and in force, as a new change."
	case nothingRestored:
		text = "Nothing was restored: what you chose is the same today."
	case testEventSent:
		text = "A test event was signed, sent and accepted."
	case alertSeen:
		text = "The alert is acknowledged: no more messages are sent about it."
	case alertClosed:
		text = "The alert is closed. It comes back if its cause goes further, or comes anew."
	case alertingSaved:
		text = "The settings are saved and in force."
	case rebuildBegun:
		text = "The rebuild has begun. The pages show what they showed until it is done."
	case actionRetried:
		text = "The action is tried again."
	case actionSkipped:
		text = "The action is given up, and counts as done."
	case retriesBegun:
		text = "They are being tried again."
	case planned:
		text = "It is planned after all."
	case destinationSaved:
		text = "The destination is saved and in force."
	default:
		return nil
	}
	return &views.Notice{Text: text}
}

// with is an address of ours that says what was done.
func (d done) with(path string) string {
	separator := "?"
	if u, err := url.Parse(path); err == nil && u.RawQuery != "" {
		separator = "&"
	}
	return path + separator + doneParameter + "=" + string(d)
}
