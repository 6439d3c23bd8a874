package dli

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// project is the one of most tests.
const project = "8cf4f2a0b3a94f0f9d5c3c5f3e1f7a10"

// base is where its resources are.
const base = "/v2.0/" + project

// house is a DLI handler over a real Manager, a store in memory and a driver
// without processes.
type house struct {
	t       *testing.T
	driver  *fake.Driver
	store   *sessiontest.Store
	manager *session.Manager
	handler http.Handler
	config  Config
	groups  []session.Group
	// specs are what the driver was asked to start.
	specs    []engine.Spec
	starting sync.Mutex
}

// startUp is how long a session of the house starts.
const startUp = 2 * time.Second

// within runs fn in a bubble of fake time over a new house.
func within(t *testing.T, change func(*house), fn func(*testing.T, *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, store: sessiontest.NewStore()}
		h.driver = fake.New(fake.Config{
			Capabilities: engine.Capabilities{Languages: []engine.Language{engine.Python, engine.Scala, engine.SQL}},
			Behave: func(s engine.Spec) fake.Behaviour {
				h.starting.Lock()
				defer h.starting.Unlock()
				h.specs = append(h.specs, s)
				return behaviour(s)
			},
		})
		h.config = Config{Runtimes: runtimes{}, Packages: packages{}, Links: links{}, CheckConf: checkConf}
		if change != nil {
			change(h)
		}
		h.open()
		defer func() {
			h.leave()
			h.driver.Close()
		}()
		fn(t, h)
	})
}

func behaviour(s engine.Spec) fake.Behaviour {
	b := fake.Behaviour{
		ReadyAfter: startUp, StopTakes: time.Second, Script: scala,
		Info: engine.Info{SparkVersion: "3.5.7", ApplicationID: "local-1", UIAddress: "127.0.0.1:4040", Cores: 2, MemoryMB: 1024},
	}
	switch s.Setup.AppName {
	case "fails":
		b.FailStart = "the JVM said no"
	case "slow":
		b.StopTakes = 9 * time.Second
	}
	return b
}

// scala answers the code of the API's examples as a REPL does.
func scala(st engine.Statement) string {
	switch st.Code {
	case "val a=1":
		return "value a: Int = 1\n"
	case "val a =0 ":
		return "value a: Int = 0\n"
	}
	return st.Code
}

// open starts a server over what is there, as after a restart.
func (h *house) open() {
	h.manager = session.NewManager(session.Config{
		Store: h.store, Engines: engine.Fleet{"local": h.driver}, Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)), MaxSessions: 20, MaxWaiting: 3, Groups: h.groups,
	})
	if err := h.manager.Start(h.t.Context()); err != nil {
		h.t.Fatalf("start manager: %v", err)
	}
	h.config.Manager = h.manager
	h.handler = New(h.config)
}

// leave ends the server as a dying one does: sessions go on.
func (h *house) leave() {
	if err := h.manager.Stop(context.Background(), true); err != nil {
		h.t.Errorf("stop manager: %v", err)
	}
}

// send makes one request. Headers are "Name: value".
func (h *house) send(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8998"
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

// want sends a request below the project and demands this status and that the
// body holds the text.
func (h *house) want(status int, text, method, path, body string, headers ...string) string {
	h.t.Helper()
	w := h.send(method, base+path, body, headers...)
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		h.t.Errorf("%s %s %.300s\nanswers %d %s\nwant    %d with %s", method, path, body, w.Code, w.Body, status, text)
	}
	return w.Body.String()
}

// created creates a session and returns its path.
func (h *house) created(body string, headers ...string) string {
	h.t.Helper()
	return h.createdIn("/sessions", body, headers...)
}

func (h *house) createdIn(collection, body string, headers ...string) string {
	h.t.Helper()
	text := h.want(http.StatusOK, `"id":"`, "POST", collection, body, headers...)
	_, rest, _ := strings.Cut(text, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return collection + "/" + id
}

// ready creates a session and waits for it.
func (h *house) ready(body string, headers ...string) string {
	h.t.Helper()
	path := h.created(body, headers...)
	time.Sleep(startUp + time.Second)
	synctest.Wait()
	return path
}

func (h *house) instances() int {
	found, err := h.driver.Find(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(found)
}

type runtimes struct{}

func (runtimes) Resolve(api, version string) (string, string, bool, error) {
	if api == "spark" {
		return "spark-3.5", "Spark " + version + " is served by spark-3.5", false, nil
	}
	if api != Name || version != "" {
		return "", "", false, errors.New("this is another API")
	}
	return "spark-3.5", "", true, nil
}

// packages is a store with the packages of the API's examples, and some more.
type packages struct{}

func (packages) files() []string {
	return []string{
		"group.tesddws/gsjdbc2.jar", "group.tesddws/gsjdbc3.jar", "group.tesddws/gsjdbc4.jar",
		"mixed/a.jar", "mixed/b.py", "mixed/c.txt", "sys.datasource.rds/driver.jar", "alone.jar", "odd/a,b.jar",
		"batchTest/spark-examples_2.11-2.1.0.luxor.jar", "batchTest/luxor.jar", "demo-1.0.0.jar", "count.txt", "groupTest/testJar.jar",
		"kafka-clients-0.10.0.0.jar", "groupTestJar/testJar.jar", "groupTestJar/testJar1.jar", "job.py",
		"groupTest/count.txt", "twice/job.py",
	}
}

func (p packages) Package(_ context.Context, group, name string) (string, error) {
	full := strings.TrimPrefix(group+"/"+name, "/")
	if !slices.Contains(p.files(), full) {
		return "", &session.Error{Kind: session.NotFound, Msg: "There is no such package."}
	}
	return "/store/" + full, nil
}

func (p packages) Group(_ context.Context, group string) ([]string, error) {
	var names []string
	for _, file := range p.files() {
		if name, ok := strings.CutPrefix(file, group+"/"); ok {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil, &session.Error{Kind: session.NotFound, Msg: "There is no such group."}
	}
	return names, nil
}

type links struct{}

func (links) Dashboard(context.Context, session.Session) (string, error) {
	return "http://127.0.0.1:8998/dashboard/x/?token=once", nil
}

func (links) LogLink(context.Context, session.Session) (string, error) {
	return "http://127.0.0.1:8998/session-log/x?token=once", nil
}

// checkConf is a policy of the real one's form.
func checkConf(conf map[string]string) error {
	for _, key := range []string{"spark.master", "spark.jars", "spark.plugins"} {
		if _, ok := conf[key]; ok {
			return engine.Invalidf("%s cannot be set by a session", key)
		}
	}
	return nil
}
