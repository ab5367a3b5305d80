package alerts

// Moved returns a channel that is closed when anything changes.
func (a *Alerts) Moved() <-chan struct{} { return a.ledger.changed() }
