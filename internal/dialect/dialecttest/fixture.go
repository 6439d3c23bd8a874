// Package dialecttest is the one fixture for tests of dialects: a dialect over a real Manager, a
// store in memory and the fake engine, in a bubble of fake time, and the conversations with it that
// testdata folders hold.
//
// It knows no dialect. What a dialect answers is for its own tests to judge.
package dialecttest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// Config says what a Fixture is made of.
type Config struct {
	// Mount makes the dialect; its first route or service answers.
	Mount func(dialect.Given) (dialect.Mounted, error)
	// Session has limits and groups; the fixture fills in what it owns, and Files if it is nil.
	Session session.Config
	// Runtimes and Links are those of Given; nil is Runtimes and Links of this package.
	Runtimes dialect.Runtimes
	Links    dialect.Links
	// Languages are those of the engine (default: all of them).
	Languages []engine.Language
	// Behave says how instances behave; nil is at once ready. Admit is the engine's policy.
	Behave func(engine.Spec) fake.Behaviour
	Admit  func(engine.Spec) (engine.Spec, error)
	// Wrap puts something between the dialect and the Manager; nil is nothing.
	Wrap func(dialect.Manager) dialect.Manager
}

// Fixture is a dialect and everything below it.
type Fixture struct {
	T       *testing.T
	Config  Config
	Driver  *fake.Driver
	Store   *sessiontest.Store
	Manager *session.Manager
	// Given is what the dialect was given; Handler is the dialect.
	Given   dialect.Given
	Handler http.Handler

	mu    sync.Mutex
	specs []engine.Spec
}

// Run runs a test over a new fixture, in a bubble of fake time.
func Run(t *testing.T, c Config, test func(*testing.T, *Fixture)) {
	synctest.Test(t, func(t *testing.T) {
		if c.Languages == nil {
			c.Languages = []engine.Language{engine.Python, engine.Scala, engine.SQL, engine.PythonJob}
		}
		if c.Behave == nil {
			c.Behave = func(engine.Spec) fake.Behaviour { return fake.Behaviour{} }
		}
		f := &Fixture{T: t, Config: c, Store: sessiontest.NewStore()}
		f.Driver = fake.New(fake.Config{
			Capabilities: engine.Capabilities{Languages: c.Languages},
			Admit:        c.Admit,
			Behave: func(s engine.Spec) fake.Behaviour {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.specs = append(f.specs, s)
				return c.Behave(s)
			},
		})
		defer func() {
			if err := f.Driver.Close(); err != nil {
				t.Error(err)
			}
		}()
		f.Open()
		defer func() { f.Leave() }()
		test(t, f)
	})
}

// Open starts a server over the store and the engine, as after a restart.
func (f *Fixture) Open() {
	f.T.Helper()
	c := f.Config.Session
	c.Store, c.Engines, c.Log = f.Store, engine.Fleet{"local": f.Driver}, slog.New(slog.NewTextHandler(f.T.Output(), nil))
	if c.Files == nil {
		c.Files = Files{}
	}
	f.Manager = session.NewManager(c)
	g := dialect.Given{Manager: f.Manager, Runtimes: f.Config.Runtimes, Links: f.Config.Links, Log: c.Log, Build: "test", DataDir: f.T.TempDir()}
	if g.Runtimes == nil {
		g.Runtimes = Runtimes{}
	}
	if g.Links == nil {
		g.Links = Links{}
	}
	if f.Config.Wrap != nil {
		g.Manager = f.Config.Wrap(f.Manager)
	}
	f.Given = g
	mounted, err := f.Config.Mount(g)
	if err != nil {
		f.T.Fatalf("mount: %v", err)
	}
	if err := f.Manager.AddGroups(mounted.Groups...); err != nil {
		f.T.Fatalf("groups: %v", err)
	}
	if err := f.Manager.Start(f.T.Context()); err != nil {
		f.T.Fatalf("start manager: %v", err)
	}
	f.Handler = handlerOf(mounted)
}

func handlerOf(m dialect.Mounted) http.Handler {
	if len(m.Services) > 0 {
		return m.Services[0].Handler
	}
	return m.Routes[0].Handler
}

// Leave ends the server as a dying one does: sessions go on.
func (f *Fixture) Leave() {
	if err := f.Manager.Stop(context.Background(), true); err != nil {
		f.T.Errorf("stop manager: %v", err)
	}
}

// Specs returns what the engine was asked to start, in order.
func (f *Fixture) Specs() []engine.Spec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]engine.Spec(nil), f.specs...)
}

// Instances counts the instances of which there is a trace.
func (f *Fixture) Instances() int {
	f.T.Helper()
	found, err := f.Driver.Find(f.T.Context())
	if err != nil {
		f.T.Fatal(err)
	}
	return len(found)
}

// Send makes one request. Headers are "Name: value".
func (f *Fixture) Send(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	f.T.Helper()
	r := httptest.NewRequestWithContext(f.T.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8998"
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.Handler.ServeHTTP(w, r)
	return w
}

// Want sends a request and demands a status, and that the body holds a text. It returns the body.
func (f *Fixture) Want(status int, text, method, path, body string, headers ...string) string {
	f.T.Helper()
	w := f.Send(method, path, body, headers...)
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		f.T.Errorf("%s %s %.300s\nanswers %d %s\nwant    %d with %s", method, path, body, w.Code, w.Body, status, text)
	}
	return w.Body.String()
}
