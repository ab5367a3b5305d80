package projections

import "slices"

// Projections returns the projections that the runner keeps.
func (r *Runner) Projections() []Projection { return slices.Clone(r.config.Projections) }
