package rule

// Rules are mappings that make sense, ready to be evaluated.
type Rules struct{}

// Compile checks a definition and makes rules of it. Where there are problems
// the rules hold the mappings that have none, and nobody should save it.
func Compile(Definition) (*Rules, []Problem) { return &Rules{}, nil }

// Evaluate asks the rules about one webhook.
func (r *Rules) Evaluate(Input) Evaluation { return Evaluation{} }

// DeriveKeys returns the mappings with a key for each that has none.
func DeriveKeys(mappings []Mapping) []Mapping { return mappings }
