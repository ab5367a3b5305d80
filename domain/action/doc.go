// Package action is the catalogue of actions that a webhook can lead to: their
// names, the fields each takes, the order in which they run, and what their
// fields may hold.
//
// A mapping names an action and says where its fields come from (package rule);
// once the fields are known, [Render] checks them against the catalogue and
// gives the request as it will be sent: one JSON object with sorted keys, the
// same bytes for the same values every time, so that a retry can be compared
// with the first try by its hash.
//
// The catalogue is data. Nothing here knows where actions go: that is the
// destination's business.
package action
