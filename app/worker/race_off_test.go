//go:build !race

package worker

// simulations is how many seeds are tried.
const simulations = 200
