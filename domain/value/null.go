package value

// OrNull returns a pointer to text, nil if it is empty: JSON then says null.
func OrNull[S ~string](text S) *S {
	if text == "" {
		return nil
	}
	return &text
}

// OrEmpty returns what [OrNull] was given.
func OrEmpty[S ~string](text *S) S {
	if text == nil {
		return ""
	}
	return *text
}
