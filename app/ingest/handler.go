package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/metrics"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

// Config is what [New] needs. What has a default may be left out.
type Config struct {
	Store         es.Store
	Configuration Configuration
	Now           func() time.Time
	Metrics       *metrics.Ingest
	Logger        *slog.Logger
	// Instance names this Daybook among those on one store.
	Instance string
	// Accepted is told of each new generation, once it is durable and before
	// the sender is answered. It must not block. Nil: nobody is told.
	Accepted func(Accepted)
	// TrustedProxies are believed about X-Forwarded-For.
	TrustedProxies []netip.Prefix
	// MaxBody is the largest body in bytes; 0: 1 MiB. It is lowered to what the
	// store can append, with room for what else is kept of a request.
	MaxBody int64
	// MaxMemory is how much all bodies under way may take together, in bytes,
	// and as much again what they are decoded into; 0: 128 MiB. Beyond, the
	// answer is 503 overloaded.
	MaxMemory int64
	// BodyTimeout is how long a body may take to arrive; 0: 15 s.
	BodyTimeout time.Duration
	// AppendTimeout is how long the store may take; 0: 10 s. Beyond, the answer
	// is 503 store_unavailable.
	AppendTimeout time.Duration
}

// Configuration knows which source an ingest token stands for, whether another
// instance has changed that source of late, and which secrets do not count there.
type Configuration interface {
	ByToken(ctx context.Context, token string, at es.Time) (*configuration.Endpoint, bool)
	Newer(ctx context.Context, e *configuration.Endpoint, token string, at es.Time) (*configuration.Endpoint, bool)
	OtherSecrets(e *configuration.Endpoint, at es.Time, most int) []configuration.OtherSecret
}

// Accepted is a webhook that was just appended.
type Accepted struct {
	Ref    webhook.Ref
	Loaded command.Loaded[webhook.State]
	Body   any // decoded by package value
}

const (
	defaultMaxBody       = 1 << 20
	defaultMaxMemory     = 128 << 20
	defaultBodyTimeout   = 15 * time.Second
	defaultAppendTimeout = 10 * time.Second
	// besideBody is the room in an append for all but the body, in bytes.
	besideBody = 64 << 10
)

// Handler answers POST /in/{token}. Make one with [New] and end it with
// [Handler.Close].
type Handler struct {
	store          es.Store
	configuration  Configuration
	now            func() time.Time
	metrics        *metrics.Ingest
	logger         *slog.Logger
	instance       string
	accepted       func(Accepted)
	trustedProxies []netip.Prefix
	maxBody        int64
	bodyTimeout    time.Duration
	appendTimeout  time.Duration

	webhooks   command.Handler[webhook.State, webhook.Command, webhook.Event]
	bodies     budget
	decoded    *semaphore.Weighted
	maxDecoded int64
	refused    *perSecond[place]
	unknown    *perSecond[netip.Prefix]
	duplicates *duplicates
	rejections *rejections
	trouble    rate.Sometimes // logs about the store
	trials     *rate.Limiter  // of secrets that do not count

	// preprocessing bounds how many preprocess expressions run at once: they
	// compute, so more than there are processors gain nothing.
	preprocessing *semaphore.Weighted

	flushes chan chan struct{}
	quit    context.CancelFunc
	stopped chan struct{}
}

// place is a source in an environment.
type place struct{ environment, source string }

// How many keys are told apart where requests are counted.
const (
	maxPlaces    = 10_000
	maxAddresses = 10_000
)

// New returns a handler, and starts what it does beside answering.
func New(c Config) (*Handler, error) {
	if c.Store == nil || c.Configuration == nil || c.Now == nil || c.Metrics == nil || c.Logger == nil || c.Instance == "" {
		return nil, errors.New("ingest needs a store, a configuration, a clock, metrics, a logger and the name of the instance")
	}
	maxBody := min(orDefault(c.MaxBody, defaultMaxBody), int64(c.Store.MaxAppend())-besideBody)
	if maxBody <= 0 {
		return nil, fmt.Errorf("the store appends at most %d bytes at once, which is too few for webhooks", c.Store.MaxAppend())
	}
	maxMemory := orDefault(c.MaxMemory, defaultMaxMemory)
	h := &Handler{
		store:          c.Store,
		configuration:  c.Configuration,
		now:            c.Now,
		metrics:        c.Metrics,
		logger:         c.Logger,
		instance:       c.Instance,
		accepted:       c.Accepted,
		trustedProxies: c.TrustedProxies,
		maxBody:        maxBody,
		bodyTimeout:    orDefault(c.BodyTimeout, defaultBodyTimeout),
		appendTimeout:  orDefault(c.AppendTimeout, defaultAppendTimeout),
		webhooks: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: c.Store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: c.Now,
		},
		bodies:     budget{max: maxMemory},
		decoded:    semaphore.NewWeighted(maxMemory),
		maxDecoded: maxMemory,
		refused:    newPerSecond[place](maxPlaces),
		unknown:    newPerSecond[netip.Prefix](maxAddresses),
		duplicates: newDuplicates(),
		rejections: newRejections(c),
		trouble:    rate.Sometimes{Interval: time.Second},
		trials:     rate.NewLimiter(maxTrials, maxTrials),
		flushes:    make(chan chan struct{}),
		stopped:    make(chan struct{}),

		preprocessing: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
	}
	ctx, quit := context.WithCancel(context.Background())
	h.quit = quit
	go h.keepBooks(ctx)
	return h, nil
}

func orDefault[N int64 | time.Duration](n, otherwise N) N {
	if n == 0 {
		return otherwise
	}
	return n
}

// arrival is what is known of a request on its way through the checks.
type arrival struct {
	at       es.Time
	remote   netip.Addr
	endpoint *configuration.Endpoint
	paths    webhook.Paths
	secrets  []signature.Secret
	body     []byte

	verification signature.Verification
	decoded      any
	flags        []string

	heldBody    int64 // of what bodies may take
	heldDecoded int64 // of what decoded bodies may take
}

// judgeBy says by which configuration the request is judged.
func (a *arrival) judgeBy(e *configuration.Endpoint) {
	a.endpoint = e
	a.paths = webhook.Paths{
		EventType: e.EventTypePath, Timestamp: e.TimestampPath, Key: e.KeyPath, HashesBody: e.HashesBody,
		Preprocess: e.Preprocess,
	}
	a.secrets = e.LiveSecrets(a.at)
}

func (a *arrival) place() place { return place{a.endpoint.Environment, a.endpoint.Source} }

// ServeHTTP answers one request. The pattern of its route has a {token}.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	a := arrival{at: es.TimeOf(h.now())}
	defer h.release(&a)

	answer := h.answer(w, r, &a)
	answer.write(w)
	h.metrics.Answered(answer.code, time.Since(began), len(a.body))
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, a *arrival) *answer {
	h.limitReading(w, r)
	if r.Method != http.MethodPost {
		return methodNotAllowed()
	}
	a.remote = remoteOf(r, h.trustedProxies)
	endpoint, known := h.configuration.ByToken(r.Context(), r.PathValue("token"), a.at)
	if !known {
		if h.unknown.add(network(a.remote), a.at) > maxRefused {
			return rateLimited()
		}
		return unknownSource()
	}
	a.judgeBy(endpoint)
	return h.refuse(r, a, h.take(w, r, a))
}

// take puts the request of a known source through the other checks, and
// appends what passes.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, a *arrival) *answer {
	if refusal := h.check(w, r, a); refusal != nil {
		return refusal
	}
	// A sender that goes away changes nothing: the webhook is appended, or not,
	// for its next try to find.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.appendTimeout)
	defer cancel()
	if refusal := h.decode(ctx, r, a); refusal != nil {
		return refusal
	}
	return h.receive(ctx, r, a)
}

// refuse sees to it that the log has a request that is refused, unless there
// are too many of them. Other answers it leaves as they are.
func (h *Handler) refuse(r *http.Request, a *arrival, refusal *answer) *answer {
	if !refusal.isRefusal() {
		return refusal
	}
	if h.refused.add(a.place(), a.at) > maxRefused {
		return rateLimited()
	}
	h.rejections.add(rejected{
		place:   a.place(),
		at:      a.at,
		request: refusal.rejection(),
	}, func(e *rejection.RequestRejected) {
		e.Headers = webhook.KeptHeaders(r.Header, a.secrets)
		e.Excerpt = rejection.Excerpt(a.body)
		e.Size = int64(len(a.body))
		e.Remote = addressText(a.remote)
		e.Instance = h.instance
		h.tryOthers(r, a, e)
	})
	return refusal
}

// limitReading bounds for how long the body may arrive, whoever reads it: after
// an early answer net/http itself reads on. It lifts the limit when the body
// has been read.
func (h *Handler) limitReading(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	// This fails only where there is no connection, as in a test.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.bodyTimeout))
}
