package eventlog

// LookAtMost bounds how many items are looked at for one answer.
func (l *Log) LookAtMost(n int) { l.looked = n }
