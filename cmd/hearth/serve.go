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
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hearth/internal/dialect/dli"
	"hearth/internal/dialect/glue"
	"hearth/internal/dialect/iam"
	"hearth/internal/dialect/sts"
	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/server"
	"hearth/internal/session"
	"hearth/internal/store"
)

// runServe answers requests until it is told to end.
func runServe(ctx context.Context, args []string, _, stderr io.Writer) int {
	c, err := readConfig(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case err == nil:
		err = serve(ctx, c, engines(), stderr)
	}
	if err != nil {
		explain(stderr, err)
		return 1
	}
	return 0
}

// house is what a running server is made of, in the order in which it is built.
type house struct {
	config  config
	log     *slog.Logger
	out     io.Writer
	data    *dataDir
	store   *store.Store
	engines engine.Fleet
	manager *session.Manager
	server  *server.Server
}

// serve builds the house, answers until a signal, and takes the house down.
// Every part that was built is taken down, whatever fails.
func serve(ctx context.Context, c config, rows []engineRow, stderr io.Writer) (err error) {
	// Until requests are welcome a signal simply gives up: there may be an agent
	// to compile or a database to bring up to date.
	starting, started := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer started()
	h := &house{config: c, out: stderr, log: c.logger(stderr)}
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
	if h.store, err = store.Open(starting, c.Database); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.store.Close()) }()
	if h.engines, err = openFleet(starting, rows, given{config: c, runtimes: chooser.root, log: h.log, out: stderr}); err != nil {
		return err
	}
	if err := h.build(listener, chooser, rows); err != nil {
		return err
	}
	if err := h.manager.Start(starting); err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if starting.Err() != nil && len(signals) == 0 {
		signals <- os.Interrupt // it came in the last moment of the start
	}
	started()
	return h.live(ctx, listener, signals)
}

// build wires the manager, the dialects and the server.
func (h *house) build(listener net.Listener, chooser *chooser, rows []engineRow) error {
	c := h.config
	files, err := server.NewFiles(c.Files)
	if err != nil {
		return fmt.Errorf("-files: %w", err)
	}
	token, err := h.data.announce("http://" + listener.Addr().String())
	if err != nil {
		return err
	}
	h.manager = session.NewManager(session.Config{
		Store: h.store, Engines: h.engines, DefaultEngine: cmp.Or(c.Engine, rows[0].name), DialectEngines: c.dialectEngines(), Log: h.log,
		Groups: c.DLI.groups(), MaxSessions: c.MaxSessions, MaxWaiting: c.MaxWaiting, StopGrace: c.StopGrace, Retention: c.Retention,
	})
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics, err := server.NewMetrics(registry)
	if err != nil {
		return err
	}
	pages := server.NewPages()
	answers := glue.New(glue.Config{
		Manager: h.manager, Runtimes: chooser, Files: files, Links: pages, Log: h.log,
		CheckConf: spark.CheckConf, DefaultVersion: chooser.glueVersion(),
	})
	livyAnswers := h.livy(chooser, files, pages)
	dliAnswers, err := h.dli(chooser, pages)
	if err != nil {
		return err
	}
	h.server = server.New(server.Config{
		Sessions: h.manager,
		Routes:   append(c.Livy.routes(livyAnswers), server.Route{Pattern: "/v2.0/", Dialect: dli.Name, Handler: dliAnswers}),
		Services: []server.Service{
			{Name: glue.Name, Target: glue.Target, Handler: answers},
			{Name: sts.Name, Handler: sts.New(h.log)},
			{Name: iam.Name, Handler: iam.New(h.log)},
		},
		Pages: pages, Log: h.log, Account: c.Account, Region: c.Region, Hosts: c.Hosts,
		AdminToken: token, Observe: metrics.Observe, Metrics: http.Handler(metrics),
	})
	return nil
}

// live answers until the first signal or the listener's end, then leaves.
func (h *house) live(ctx context.Context, listener net.Listener, signals <-chan os.Signal) error {
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

func (h *house) say(format string, args ...any) { fmt.Fprintf(h.out, format+"\n", args...) }

// drainTime is how long requests may take that are being answered at the end.
const drainTime = 5 * time.Second

// leave ends in order: no more requests, then no more sessions. A second signal
// ends every instance by force.
func (h *house) leave(ctx context.Context, signals <-chan os.Signal) error {
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
