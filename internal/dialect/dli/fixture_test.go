package dli

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

// project is the one of most tests.
const project = "8cf4f2a0b3a94f0f9d5c3c5f3e1f7a10"

// base is where its resources are.
const base = "/v2.0/" + project

// fixture is the dialect in a bubble of fake time.
type fixture struct {
	*dialecttest.Fixture
	settings Settings
}

// startUp is how long a session of the fixture starts.
const startUp = 2 * time.Second

// config is a fixture of the dialect with these settings, over the packages of the API's examples.
func config(s Settings) dialecttest.Config {
	return dialecttest.Config{
		Mount: func(g dialect.Given) (dialect.Mounted, error) {
			return dialect.Mounted{
				Routes: []dialect.Route{{Path: "/v2.0/", Handler: New(g, s, packages{})}}, Groups: s.groups(),
			}, nil
		},
		Session:   session.Config{MaxSessions: 20, MaxWaiting: 3},
		Languages: []engine.Language{engine.Python, engine.Scala, engine.SQL},
		Behave:    behaviour,
		Admit:     func(s engine.Spec) (engine.Spec, error) { return s, checkConf(s.Conf()) },
	}
}

// within runs fn over a new fixture.
func within(t *testing.T, change func(*Settings), fn func(*testing.T, *fixture)) {
	var s Settings
	if change != nil {
		change(&s)
	}
	dialecttest.Run(t, config(s), func(t *testing.T, f *dialecttest.Fixture) { fn(t, &fixture{f, s}) })
}

// want sends a request below the project and demands a status, and that the body holds a text.
func (h *fixture) want(status int, text, method, path, body string, headers ...string) string {
	h.T.Helper()
	return h.Want(status, text, method, base+path, body, headers...)
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

// created creates a session and returns its path.
func (h *fixture) created(body string, headers ...string) string {
	h.T.Helper()
	return h.createdIn("/sessions", body, headers...)
}

func (h *fixture) createdIn(collection, body string, headers ...string) string {
	h.T.Helper()
	text := h.want(http.StatusOK, `"id":"`, "POST", collection, body, headers...)
	_, rest, _ := strings.Cut(text, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return collection + "/" + id
}

// ready creates a session and waits for it.
func (h *fixture) ready(body string, headers ...string) string {
	h.T.Helper()
	path := h.created(body, headers...)
	time.Sleep(startUp + time.Second)
	synctest.Wait()
	return path
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

// checkConf is a policy of the real one's form.
func checkConf(conf map[string]string) error {
	for _, key := range []string{"spark.master", "spark.jars", "spark.plugins"} {
		if _, ok := conf[key]; ok {
			return engine.Invalidf("%s cannot be set by a session", key)
		}
	}
	return nil
}
