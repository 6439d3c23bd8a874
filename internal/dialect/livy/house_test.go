package livy

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/engine/spark"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// house is a Livy handler over a real Manager, a store in memory and a driver
// without processes.
type house struct {
	t       *testing.T
	driver  *fake.Driver
	store   *sessiontest.Store
	manager *session.Manager
	handler http.Handler
	config  Config
	// specs are what the driver was asked to start, which sessions do side by side.
	specs    []engine.Spec
	starting sync.Mutex
}

// startUp is how long a session of the house starts.
const startUp = 2 * time.Second

// within runs fn in a bubble of fake time over a new house.
func within(t *testing.T, change func(*Config), fn func(*testing.T, *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, store: sessiontest.NewStore()}
		h.driver = fake.New(fake.Config{
			Capabilities: engine.Capabilities{Languages: []engine.Language{engine.Python, engine.Scala, engine.SQL, engine.PythonJob}},
			Behave: func(s engine.Spec) fake.Behaviour {
				h.starting.Lock()
				defer h.starting.Unlock()
				h.specs = append(h.specs, s)
				return behaviour(s)
			},
		})
		h.config = Config{Runtimes: runtimes{}, Files: files{}, Links: links{}, CheckConf: spark.CheckConf, Build: "test"}
		if change != nil {
			change(&h.config)
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
	b := fake.Behaviour{ReadyAfter: startUp, StopTakes: time.Second, Info: engine.Info{
		SparkVersion: "3.5.7", ApplicationID: "local-1", UIAddress: "127.0.0.1:4040", Cores: 2, MemoryMB: 1024,
	}}
	if s.Setup.AppName == "fails" {
		b.FailStart = "the JVM said no"
	}
	return b
}

// open starts a server over what is there, as after a restart.
func (h *house) open() {
	h.manager = session.NewManager(session.Config{
		Store: h.store, Engines: engine.Fleet{"local": h.driver}, Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)), MaxSessions: 20,
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

// want sends a request and demands this status and that the body holds the text.
func (h *house) want(status int, text, method, path, body string, headers ...string) string {
	h.t.Helper()
	w := h.send(method, path, body, headers...)
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		h.t.Errorf("%s %s %s\nanswers %d %s\nwant    %d with %s", method, path, body, w.Code, w.Body, status, text)
	}
	return w.Body.String()
}

// ready creates a session and waits for it. The id is the answer.
func (h *house) ready(body string, headers ...string) string {
	h.t.Helper()
	h.want(http.StatusCreated, `"state":"starting"`, "POST", "/sessions", body, headers...)
	time.Sleep(startUp + time.Second)
	synctest.Wait()
	all, err := h.newest()
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func (h *house) newest() (string, error) {
	list, _, err := h.manager.List(h.t.Context(), sessions().filter(), session.Page{Limit: 1})
	if err != nil || len(list) == 0 {
		return "", errors.Join(err, errors.New("there is no session"))
	}
	return list[0].ExternalID, nil
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
	if api != Name || version != "" {
		return "", "", false, errors.New("Livy's clients name no version")
	}
	return "spark-3.5", "", true, nil
}

// files knows what is below /data.
type files struct{}

func (files) Resolve(_ context.Context, ref string) (string, error) {
	name := strings.TrimPrefix(ref, "file://")
	if !strings.HasPrefix(name, "/data/") || strings.Contains(name, "..") || strings.Contains(name, "%") {
		return "", &session.Error{Kind: session.Invalid, Msg: strconv.Quote(ref) + " is not a file below the directories."}
	}
	return name, nil
}

type links struct{}

func (links) Dashboard(_ context.Context, s session.Session) (string, error) {
	return "http://127.0.0.1:8998/dashboard/x/?token=once", nil
}

func (links) LogLink(context.Context, session.Session) (string, error) {
	return "http://127.0.0.1:8998/session-log/x?token=once", nil
}
