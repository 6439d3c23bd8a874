// Package server is the front of the program: it listens, guards the origin of requests, chooses
// the dialect that answers, writes one line of log per request, shows Spark UIs and logs, and
// leaves in good order.
//
// It knows dialects only by what they mount, and sessions only through the few verbs of Sessions.
// It does not check signatures yet; that is why Listen refuses addresses that are not loopback.
//
// What newcomers get wrong: loopback is not a wall. Any page in the user's browser can post to it,
// and DNS can be made to point at it. Every handler is therefore reached through guard, and nothing
// may be served beside it.
package server

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/inflight"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// Sessions is what the server itself uses of session.Manager.
type Sessions interface {
	GetByID(ctx context.Context, id string) (session.Session, error)
	All(ctx context.Context, f session.Filter) iter.Seq2[session.Session, error]
	End(ctx context.Context, ref session.Ref) (session.Session, error)
	Log(ctx context.Context, ref session.Ref) (io.ReadCloser, error)
}

// Mount is what a dialect has mounted under its name.
type Mount struct {
	// Dialect names its requests in the log.
	Dialect string
	dialect.Mounted
}

// Config is what a Server needs; fields without a default are required.
type Config struct {
	Sessions Sessions
	// Mounts are the dialects in the order in which people read of them.
	Mounts []Mount
	// Pages are those whose addresses dialects give away.
	Pages *Pages
	Log   *slog.Logger
	// Account is the account of callers whose credentials name none (default 000000000000); Region
	// that of requests without a signature (default us-east-1).
	Account string
	Region  string
	// Hosts are names and addresses by which clients may call the server, beside those of loopback;
	// without port. A leading dot admits all names below.
	Hosts []string
	// AdminToken opens the admin interface of `hearth session`; "" closes it.
	AdminToken string
	// Health returns why the server cannot do its work at present; nil for a server that always
	// can.
	Health func() error
	// Observe is called with the event of each finished request; nil for none.
	Observe func(context.Context, reqevent.Event)
	// Metrics answers /metrics; nil if there are none.
	Metrics http.Handler
	// BodyTimeout bounds how long a header may take to arrive, and how long a client may send
	// nothing of a body that is read (default 1 min).
	BodyTimeout time.Duration
}

// Server answers requests. Make it with New.
type Server struct {
	cfg      Config
	origin   origin
	front    http.Handler
	inflight *inflight.Budget
	leaving  atomic.Bool
	http     *http.Server
}

// New returns a Server that does not listen yet. It returns an error, with both names, if two
// dialects claim one service, host or path, or if one claims what the server itself answers.
func New(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Pages == nil {
		cfg.Pages = NewPages()
	}
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.BodyTimeout == 0 {
		cfg.BodyTimeout = time.Minute
	}
	s := &Server{cfg: cfg, inflight: inflight.New(inflightBytes, inflightPatience)}
	hosts, err := s.hosts()
	if err != nil {
		return nil, err
	}
	s.origin = newOrigin(append(hosts.names(), cfg.Hosts...))
	s.front = s.frontDoor(hosts)
	s.http = &http.Server{
		Handler: s,
		// A client that sends its header or body byte by byte keeps a connection no longer than
		// this.
		ReadHeaderTimeout: min(10*time.Second, cfg.BodyTimeout),
		ReadTimeout:       cfg.BodyTimeout,
		WriteTimeout:      10 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// Also "OPTIONS *" is ours to refuse: nothing is answered beside guard.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// ServeHTTP answers one request. Only it may be put behind a listener.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.shared(w, r.WithContext(withBase(r)), func(w http.ResponseWriter, r *http.Request) {
		s.observed(w, r, s.guarded(s.front))
	})
}

// Serve answers requests on the listener until Shutdown, then returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// Leave makes /healthz say that the server is leaving. It goes on answering.
func (s *Server) Leave() { s.leaving.Store(true) }

// Shutdown stops accepting connections and waits for running requests, until ctx ends; then it cuts
// them off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Leave()
	if err := s.http.Shutdown(ctx); err != nil {
		s.http.Close()
		return err
	}
	return nil
}
