package livy

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/engine/spark"
	"hearth/internal/session"
)

// fixture is the dialect in a bubble of fake time.
type fixture struct {
	*dialecttest.Fixture
	settings Settings
}

// startUp is how long a session of the fixture starts.
const startUp = 2 * time.Second

// config is a fixture of the dialect with these settings.
func config(s Settings) dialecttest.Config {
	return dialecttest.Config{Mount: s.Mount, Session: session.Config{MaxSessions: 20}, Behave: behaviour, Admit: admit}
}

// admit has the real policy, and leaves the configuration in one piece.
func admit(s engine.Spec) (engine.Spec, error) { return s, spark.CheckConf(s.Conf()) }

// within runs fn over a new fixture.
func within(t *testing.T, change func(*Settings), fn func(*testing.T, *fixture)) {
	var s Settings
	if change != nil {
		change(&s)
	}
	dialecttest.Run(t, config(s), func(t *testing.T, f *dialecttest.Fixture) { fn(t, &fixture{f, s}) })
}

func behaviour(s engine.Spec) fake.Behaviour {
	b := fake.Behaviour{ReadyAfter: startUp, StopTakes: time.Second, Info: engine.Info{
		SparkVersion: "3.5.7", ApplicationID: "local-1", UIAddress: "127.0.0.1:4040", Cores: 2, MemoryMB: 1024,
	}}
	switch s.Setup.AppName {
	case "fails":
		b.FailStart = "the JVM said no"
	case "slow":
		b.StopTakes = dialect.StopWait + time.Second
	}
	return b
}

// over puts another Manager below the dialect.
func (h *fixture) over(m dialect.Manager) {
	g := h.Given
	g.Manager = m
	h.Handler = New(g, h.settings)
}

// ready creates a session and waits for it. The id is the answer.
func (h *fixture) ready(body string, headers ...string) string {
	h.T.Helper()
	h.Want(http.StatusCreated, `"state":"starting"`, "POST", "/sessions", body, headers...)
	time.Sleep(startUp + time.Second)
	synctest.Wait()
	all, err := h.newest()
	if err != nil {
		h.T.Fatal(err)
	}
	return all
}

func (h *fixture) newest() (string, error) {
	list, _, err := h.Manager.List(h.T.Context(), sessions().filter(), session.Page{Limit: 1})
	if err != nil || len(list) == 0 {
		return "", errors.Join(err, errors.New("there is no session"))
	}
	return list[0].ExternalID, nil
}
