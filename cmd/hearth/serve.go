package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/files"
	"hearth/internal/inflight"
	"hearth/internal/server"
	"hearth/internal/session"
	"hearth/internal/store"
)

// tables are what a server may be made of.
type tables struct {
	dialects []dialectRow
	engines  []engineRow
}

// runServe answers requests until it is told to end.
func runServe(ctx context.Context, args []string, _, stderr io.Writer) int {
	return tables{dialects(), engines()}.serve(ctx, args, stderr)
}

// serve is runServe over the tables.
func (t tables) serve(ctx context.Context, args []string, stderr io.Writer) int {
	log := newPatientLog(stderr)
	defer log.close()
	stderr = log
	c, err := readConfig(args, t.dialects, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case err == nil:
		err = serve(ctx, c, t.engines, stderr)
	}
	if err != nil {
		explain(stderr, err)
		return 1
	}
	return 0
}

// program is a running server, part by part in the order in which they are made.
type program struct {
	config  config
	log     *slog.Logger
	out     io.Writer
	data    *dataDir
	files   *files.Files
	store   *store.Store
	engines engine.Fleet
	manager *session.Manager
	server  *server.Server
}

// serve makes the parts of a server, answers until a signal, and closes them. Every part that was
// made is closed, whatever fails.
func serve(ctx context.Context, c config, rows []engineRow, stderr io.Writer) (err error) {
	// Until requests are welcome a signal simply gives up: there may be an agent to compile or a
	// database to bring up to date.
	starting, started := signal.NotifyContext(ctx, endSignals()...)
	defer started()
	boundHeap()
	if err := proc.Hide(); err != nil {
		fmt.Fprintf(stderr, "hearth: the memory of the server cannot be hidden from sessions: %v\n", err)
	}
	h := &program{config: c, out: stderr, log: c.logger(stderr)}
	chooser, err := newChooser(starting, c.Runtime, c.StrictVersions)
	if err != nil {
		return err
	}
	// The address first: what is refused there needs no data directory.
	listener, err := server.Listen(starting, c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	if h.data, err = openData(c.Data); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.data.close()) }()
	claim, err := store.Claim(starting, c.Database, h.data.owner())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, claim.Close()) }()
	if h.store, err = store.Open(starting, c.Database); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.store.Close()) }()
	if h.files, err = files.New(c.Files, c.closed()...); err != nil {
		return fmt.Errorf("-files: %w", err)
	}
	if h.engines, err = openFleet(starting, rows, given{config: c, runtimes: chooser.root, files: h.files, log: h.log, out: stderr}); err != nil {
		return err
	}
	if err := h.build(listener, chooser, rows); err != nil {
		return err
	}
	if err := h.manager.Start(starting); err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endSignals()...)
	defer signal.Stop(signals)
	if starting.Err() != nil && len(signals) == 0 {
		signals <- os.Interrupt // it came in the last moment of the start
	}
	started()
	return h.live(ctx, listener, signals)
}

// build makes the manager, the dialects and the server.
func (h *program) build(listener net.Listener, chooser *chooser, rows []engineRow) error {
	c := h.config
	token, err := h.data.announce("http://" + listener.Addr().String())
	if err != nil {
		return err
	}
	registry := newRegistry()
	lives, err := server.NewLifeMetrics(registry)
	if err != nil {
		return err
	}
	h.manager = session.NewManager(session.Config{
		Store: h.store, Engines: h.engines, DefaultEngine: cmp.Or(c.Engine, rows[0].name), DialectEngines: c.dialectEngines(), Log: h.log,
		Observer: lives, TakeMemory: inflight.Take, Files: h.files, Budget: c.budget(machine()), MaxSessions: c.MaxSessions, MaxWaiting: c.MaxWaiting, StopGrace: c.StopGrace, Retention: c.Retention, RetentionSize: int64(c.RetentionSize),
	})
	if _, err := server.NewMachineMetrics(registry, h.manager, h.store.Size); err != nil {
		return err
	}
	metrics, err := server.NewMetrics(registry)
	if err != nil {
		return err
	}
	pages := server.NewPages()
	mounts, err := h.mount(chooser, pages)
	if err != nil {
		return err
	}
	if warning := openDoors(mounts); warning != "" {
		h.say("%s", warning)
	}
	h.server, err = server.New(server.Config{
		Sessions: h.manager, Mounts: mounts,
		Pages: pages, Log: h.log, Account: c.Account, Region: c.Region, Hosts: c.Hosts,
		AdminToken: token, Health: h.manager.Health, Observe: metrics.Observe, Metrics: http.Handler(metrics),
	})
	return err
}

// newRegistry returns a registry with the metrics of the process itself.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// mount makes the dialects that are switched on.
func (h *program) mount(runtimes dialect.Runtimes, pages *server.Pages) ([]server.Mount, error) {
	given := dialect.Given{
		Manager: h.manager, Runtimes: runtimes, Links: pages, Log: h.log, Build: buildVersion(), DataDir: h.config.Data,
	}
	var mounts []server.Mount
	for _, a := range h.config.apis {
		mounted, err := a.settings.Mount(given)
		if err == nil {
			err = errors.Join(h.manager.AddGroups(mounted.Groups...), h.files.Open(a.name, mounted.Files...))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		mounts = append(mounts, server.Mount{Dialect: a.name, Mounted: mounted})
	}
	return mounts, nil
}

// openDoors returns what to say of APIs that ask nobody who they are beside others that do, "" if
// there is nothing to say.
func openDoors(mounts []server.Mount) string {
	var guarded, open []string
	for _, m := range mounts {
		if m.Guarded {
			guarded = append(guarded, m.Dialect)
		} else {
			open = append(open, m.Dialect)
		}
	}
	if len(guarded) == 0 || len(open) == 0 {
		return ""
	}
	return fmt.Sprintf("WARNING: %s asks for credentials, but %s answers everybody on this machine, for the same sessions and files. Leave it out with -dialects %s.",
		strings.Join(guarded, ", "), strings.Join(open, ", "), strings.Join(guarded, ","))
}

// live answers until the first signal or the listener's end, then leaves.
func (h *program) live(ctx context.Context, listener net.Listener, signals <-chan os.Signal) error {
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(listener) }()
	h.say("hearth %s answers on http://%s (data in %s)", buildVersion(), listener.Addr(), h.config.Data)
	if n := h.living(ctx); n > 0 {
		h.say("running from before: %s", count(n))
	}
	var broken error
	select {
	case got := <-signals:
		h.say("%s: ending. Once more ends by force.", got)
	case broken = <-served:
		h.config.KeepSessions = true // as after a crash: the next start finds them
	case <-ctx.Done():
	}
	return errors.Join(broken, h.leave(context.WithoutCancel(ctx), signals))
}

func (h *program) say(format string, args ...any) { fmt.Fprintf(h.out, format+"\n", args...) }

// drainTime is how long requests may take that are being answered at the end.
const drainTime = 5 * time.Second

// leave ends in order: no more requests, then no more sessions. A second signal ends every instance
// by force.
func (h *program) leave(ctx context.Context, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-signals:
			cancel(errForced)
		case <-ctx.Done():
		}
	}()
	draining, done := context.WithTimeout(ctx, drainTime)
	defer done()
	if err := h.server.Shutdown(draining); err != nil {
		h.log.WarnContext(ctx, "requests were cut off", "error", err)
	}
	ended := h.show(ctx)
	err := h.manager.Stop(ctx, h.config.KeepSessions)
	ended()
	if errors.Is(context.Cause(ctx), errForced) {
		return h.force()
	}
	return err
}

var errForced = errors.New("ended by force")
