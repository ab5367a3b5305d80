package app

import (
	"context"
	"log/slog"
	"net/http"

	"daybook/app/respond"
	"daybook/domain/es"
)

// health answers what a load balancer, or a container's health check, asks.
type health struct {
	store   es.Store
	loaded  func() bool
	applied func() es.Position
	logger  *slog.Logger
}

// alive answers GET /healthz: the process answers.
func (h health) alive(w http.ResponseWriter, _ *http.Request) {
	h.answer(w, http.StatusOK, map[string]string{"status": "alive"})
}

// readiness is the answer to GET /readyz.
type readiness struct {
	Status        string `json:"status"` // ready, or not_ready
	Store         string `json:"store"`
	Configuration string `json:"configuration"`
	Projections   lag    `json:"projections"`
}

type lag struct {
	Applied es.Position `json:"applied"`
	Head    es.Position `json:"head"`
	Lag     uint64      `json:"lag"` // in positions
}

// ready answers GET /readyz: webhooks can be taken. The read models may be
// behind: that delays what is shown, not what is taken.
func (h health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	answer := readiness{Status: "ready", Store: "reachable", Configuration: "loaded"}
	status := http.StatusOK
	head, err := h.store.Head(ctx)
	if err != nil {
		answer.Status, answer.Store, status = "not_ready", "unreachable", http.StatusServiceUnavailable
	}
	if !h.loaded() {
		answer.Status, answer.Configuration, status = "not_ready", "loading", http.StatusServiceUnavailable
	}
	applied := h.applied()
	answer.Projections = lag{Applied: applied, Head: head}
	if head > applied {
		answer.Projections.Lag = uint64(head - applied)
	}
	h.answer(w, status, answer)
}

func (h health) answer(w http.ResponseWriter, status int, v any) {
	if err := respond.JSON(w, status, v); err != nil {
		h.logger.Error("say how it stands", "error", err)
	}
}
