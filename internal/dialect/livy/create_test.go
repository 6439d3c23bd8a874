package livy

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

func TestCreate_AllFields_ReachTheEngine(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{
			"kind": "spark", "name": "etl", "queue": "blue",
			"jars": ["/data/a.jar"], "pyFiles": ["/data/m.py"], "files": ["/data/f.txt"], "archives": ["/data/env.zip#env", "/data/raw.zip"],
			"driverMemory": "2g", "driverCores": 2, "executorMemory": "512m", "executorCores": 2, "numExecutors": 3,
			"conf": {
				"spark.sql.shuffle.partitions": 4, "livy.uri": "http://x", "spark.app.name": "other", "spark.driver.memory": "9g",
				"spark.jars": "/data/b.jar,/data/c.jar", "spark.submit.pyFiles": "/data/n.py",
				"spark.yarn.dist.files": "/data/g.txt", "spark.archives": "/data/more.zip#more"
			}
		}`)
		got := h.Specs()[0]
		got.ID, got.Labels = "", nil
		want := engine.Spec{
			Launch: engine.Launch{
				Runtime: "spark-3.5", Jars: []string{"/data/a.jar", "/data/b.jar", "/data/c.jar"},
				Archives: []string{"/data/env.zip#env", "/data/raw.zip", "/data/more.zip#more"},
				Cores:    8, MemoryMB: 2048 + 3*512, DriverMB: 2048,
			},
			Setup: engine.Setup{AppName: "etl", Language: engine.Scala, Conf: map[string]string{
				"spark.sql.shuffle.partitions": "4", "spark.yarn.queue": "blue",
				"spark.executor.memory": "512m", "spark.executor.cores": "2", "spark.executor.instances": "3",
			}, PyFiles: []string{"/data/m.py", "/data/n.py"}, Files: []string{"/data/f.txt", "/data/g.txt"}},
			Notes: []string{`queue "blue" has no meaning here`},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestCreate_NamelessSession_IsCalledAsInLivy(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{}`)
		h.ready(`{"conf": {"spark.app.name": "from conf"}}`)
		h.ready(`{"driverCores": 2}`)
		for i, want := range []string{"livy-session-0", "from conf", "livy-session-2"} {
			if got := h.Specs()[i].Setup.AppName; got != want {
				t.Errorf("session %d is called %q, want %q", i, got, want)
			}
		}
		if got := h.Specs()[2].Setup.Conf["spark.driver.cores"]; got != "2" || h.Specs()[2].Launch.Cores != 2 {
			t.Errorf("a driver of 2 cores without executors asks for %q and %d", got, h.Specs()[2].Launch.Cores)
		}
		if h.Specs()[0].Launch.Cores != 0 || h.Specs()[0].Launch.MemoryMB != 0 {
			t.Errorf("a session that asks for no size gets %d cores, %d MB", h.Specs()[0].Launch.Cores, h.Specs()[0].Launch.MemoryMB)
		}
	})
}

// Livy 0.9 leaves a Spark driver running for a name it refused, and a rejected batch in its list
// for ever.
func TestCreate_Refused_LeavesNothingBehind(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, body := range []string{
		``, `{`, `nul`, `[]`, `{"kind":"pyspark3"}`, `{"unknown":1}`, `{"name":"7"}`, `{"name":"a\u0000b"}`, `{"name":"` + long + `"}`,
		`{"ttl":"never"}`, `{"idleTimeout":"-1"}`, `{"driverMemory":"1g -Dx=y"}`, `{"driverCores":{}}`, `{"numExecutors":1e400}`,
		`{"conf":{"spark.plugins":"x.Y"}}`, `{"conf":{"spark.jars":"/data/a.jar,/etc/passwd"}}`,
		`{"jars":["../a.jar"]}`, `{"jars":["/data/../../etc/passwd"]}`, `{"files":["file://evil.example/x"]}`,
		`{"pyFiles":["/data/a,b.py"]}`, `{"files":["/data/a\nb"]}`, `{"archives":["/data/x.zip#.."]}`, `{"jars":[["/data/a.jar"]]}`,
		`{"heartbeatTimeoutInSecond":-1}`, strings.Repeat("[", 20000), `{"conf":` + strings.Repeat(`{"a":`, 20000),
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			w := h.Send("POST", "/sessions", body)
			synctest.Wait()
			if w.Code != http.StatusBadRequest {
				t.Errorf("%.80s answers %d %s", body, w.Code, w.Body)
			}
			h.Want(http.StatusOK, `"total":0`, "GET", "/sessions", "")
			if n := h.Instances(); n != 0 || len(h.Specs()) != 0 {
				t.Errorf("%.80s leaves %d instances", body, n)
			}
		})
	}
}

func TestCreate_SameNameAtOnce_OneWins(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		var created sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if w := h.Send("POST", "/sessions", `{"name":"mine"}`); w.Code == http.StatusCreated {
					created.Store(i, true)
				}
			})
		}
		all.Wait()
		n := 0
		created.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d sessions of one name were created", n)
		}
		h.Want(http.StatusOK, `"total":1`, "GET", "/sessions", "")
	})
}

func TestCreate_ManySessionsAtOnce_HaveDifferentIDs(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		var locations sync.Map
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				location := h.Send("POST", "/sessions", `{}`).Header().Get("Location")
				if _, taken := locations.LoadOrStore(location, true); taken {
					t.Errorf("%s was given twice", location)
				}
			})
		}
		all.Wait()
	})
}

func TestCreate_WithAHeartbeat_LivesAsLongAsSomebodyAsks(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"heartbeatTimeoutInSecond":60}`)
		for range 4 {
			time.Sleep(50 * time.Second)
			h.Want(http.StatusOK, `"state":"idle"`, "GET", "/sessions/0/state", "")
		}
		time.Sleep(65 * time.Second)
		h.Want(http.StatusOK, "heartbeatTimeoutInSecond", "GET", "/sessions/0/log", "")
		h.Want(http.StatusOK, `"state":"dead"`, "GET", "/sessions/0/state", "")
	})
}

func TestCreate_DeletedSession_ItsIDIsNotGivenAgain(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for i := range 3 {
			id := strconv.Itoa(i)
			if got := h.ready(`{}`); got != id {
				t.Fatalf("session %s has id %s", id, got)
			}
			h.Want(http.StatusOK, "deleted", "DELETE", "/sessions/"+id, "")
			h.Leave()
			h.Open()
		}
	})
}

func TestCreate_AtTheLimit_IsRejectedInLivysWords(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for range 20 {
			h.Want(http.StatusCreated, "", "POST", "/sessions", `{}`)
		}
		h.Want(http.StatusBadRequest, `{"msg":"Rejected, too many sessions are being created!"}`, "POST", "/sessions", `{}`)
	})
}

func TestCreate_OnAFullMachine_IsRejectedAndOneThatWaitsSaysSo(t *testing.T) {
	c := config(Settings{})
	c.Session.Budget = session.Budget{Instances: 2, Starts: 1}
	dialecttest.Run(t, c, func(t *testing.T, h *dialecttest.Fixture) {
		h.Want(http.StatusCreated, `"id":0`, "POST", "/sessions", `{}`)
		synctest.Wait()
		h.Want(http.StatusCreated, `"id":1`, "POST", "/sessions", `{}`)
		synctest.Wait()
		h.Want(http.StatusOK, `"state":"starting"`, "GET", "/sessions/1/state", "")
		h.Want(http.StatusOK, "The session waits to start: it is number 1 of those that wait.", "GET", "/sessions/1/log", "")
		h.Want(http.StatusBadRequest, `{"msg":"Rejected, too many sessions are being created!"}`, "POST", "/batches", `{"file":"/data/a.py"}`)
		time.Sleep(2*startUp + time.Second)
		synctest.Wait()
		h.Want(http.StatusOK, `"state":"idle"`, "GET", "/sessions/1/state", "")
		h.Want(http.StatusOK, "waited 2s to start", "GET", "/sessions/1/log", "")
	})
}

func TestLimits_OfTheServer_HoldForSessionsThatAskForNone(t *testing.T) {
	within(t, func(c *Settings) { c.Lifetime = 3 * time.Hour }, func(t *testing.T, h *fixture) {
		idle, asked := h.ready(`{}`), h.ready(`{"idleTimeout":"0","ttl":"0"}`)
		time.Sleep(61 * time.Minute)
		h.Want(http.StatusOK, `"state":"dead"`, "GET", "/sessions/"+idle+"/state", "")
		time.Sleep(10 * time.Hour)
		h.Want(http.StatusOK, `"state":"idle"`, "GET", "/sessions/"+asked+"/state", "")
	})
}

func TestParseDuration_Units_AreLivys(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "5": 5 * time.Millisecond, "7us": 7 * time.Microsecond, "7ms": 7 * time.Millisecond, "7s": 7 * time.Second,
		"7m": 7 * time.Minute, "7min": 7 * time.Minute, "7h": 7 * time.Hour, "7d": 168 * time.Hour,
	} {
		if got, err := parseDuration("ttl", text); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", " 5", "5 s", "-5", "+5", "5S", "5sec", "s", "1e3", "0x5", "99999999999999999999", "9223372036854775807d"} {
		if got, err := parseDuration("ttl", text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestWireError_EveryKind_HasAStatusAndNoInnerText(t *testing.T) {
	for _, kind := range session.Kinds() {
		for _, reason := range []session.Reason{"", session.ReasonState, session.ReasonConcurrent, session.ReasonNoStatement, session.ReasonNoSession, session.ReasonQueue, session.ReasonLabel, session.ReasonMachine} {
			f := wireError(&session.Error{Kind: kind, Reason: reason, Msg: "said", Err: errSecret{}})
			text, err := encode(f.body)
			if err != nil || f.status < 400 || f.body == nil || strings.Contains(string(text), "inner") {
				t.Errorf("%s %s: %d %s %v", kind, reason, f.status, text, err)
			}
			// sparkmagic sends whatever is answered 5xx again, nine times.
			again := kind == session.Conflict || kind == session.Throttled || kind == session.Unavailable || kind == session.Timeout || kind == session.Internal
			if (f.status >= 500) != again {
				t.Errorf("%s is answered %d", kind, f.status)
			}
		}
	}
	if f := wireError(errSecret{}); f.status != 500 || f.body != internalText {
		t.Errorf("a foreign error is answered %d %v", f.status, f.body)
	}
}

type errSecret struct{}

func (errSecret) Error() string { return "inner" }
