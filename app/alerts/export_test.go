package alerts

// FreePercent is freePercent, for tests.
func FreePercent(dir string) (int, error) { return freePercent(dir) }
