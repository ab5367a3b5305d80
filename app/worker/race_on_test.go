//go:build race

package worker

// simulations is how many seeds are tried under the race detector.
const simulations = 20
