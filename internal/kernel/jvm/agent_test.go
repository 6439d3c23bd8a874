package jvm_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/kernel"
	"hearth/internal/kernel/jvm"
)

// The rules of the agent, on a real Spark. One JVM serves as many of them as can share one, because
// each costs seconds.
func TestAgent(t *testing.T) {
	rt := runtimeUnderTest(t)
	t.Run("Session", func(t *testing.T) { testSession(t, rt) })
	t.Run("BadConf_IsFatalWithAReason", func(t *testing.T) { testBadConf(t, rt) })
	t.Run("EndOfInput_EndsTheProcess", func(t *testing.T) { testEndOfInput(t, rt) })
	t.Run("OutOfMemory_EndsTheProcessWithItsOwnCode", func(t *testing.T) { testOutOfMemory(t, rt) })
	t.Run("SystemExit_ReportsItsCode", func(t *testing.T) { testSystemExit(t, rt) })
	t.Run("Rehearsal_EndsByItself", func(t *testing.T) { testRehearsal(t, rt) })
}

// session is an agent that is ready.
type session struct {
	*agent
	gateway   kernel.Frame
	info      engine.Info
	statement int64 // how many run has sent
}

func ready(t *testing.T, rt spark.Runtime, conf map[string]string) *session {
	t.Helper()
	a := start(t, rt, conf)
	if hello := a.await(kernel.Hello); hello.Proto != kernel.Version || hello.Role != "jvm" || hello.PID != a.cmd.Process.Pid {
		t.Fatalf("hello is %+v", hello)
	}
	s := &session{agent: a, gateway: a.await(kernel.Gateway)}
	gateway := time.Since(a.began)
	s.info = *a.await(kernel.Ready).Info
	t.Logf("gateway after %v, ready after %v", gateway.Round(time.Millisecond), time.Since(a.began).Round(time.Millisecond))
	return s
}

// connect is a new thread of Python.
func (s *session) connect(t *testing.T) *python {
	t.Helper()
	p, ok := dial(t, s.gateway.Port, s.gateway.Secret)
	if !ok {
		t.Fatal("the gateway refused its own secret")
	}
	return p
}

func testSession(t *testing.T, rt spark.Runtime) {
	s := ready(t, rt, map[string]string{
		"spark.driver.extraJavaOptions": "-Dmy.flag=on -Duser.timezone=Asia/Tokyo", "spark.scheduler.mode": "FAIR",
	})
	t.Run("Ready_ReportsTheInstance", func(t *testing.T) {
		if s.info.SparkVersion != rt.Spark || s.info.JavaVersion == "" || s.info.ScalaVersion == "" || s.info.ApplicationID == "" ||
			s.info.Cores != 2 || s.info.MemoryMB != 1024 || !strings.HasPrefix(s.info.UIAddress, "127.0.0.1:") || len(s.info.UISecret) < 40 {
			t.Errorf("info is %+v", s.info)
		}
	})
	t.Run("WarmedScala_CountsFromTheUsersFirstCell", func(t *testing.T) {
		began := time.Now()
		if got, _ := s.run(t, engine.Scala, "1 + 1"); got.Data["text/plain"] != "res0: Int = 2" {
			t.Errorf("the first cell gave %v, %v", got.Data, got.Error)
		}
		t.Logf("first cell after %v", time.Since(began).Round(time.Millisecond))
		if !s.hasThread("hearth-scala") {
			t.Error("the interpreter's thread has another name than the test of Python sessions looks for")
		}
	})
	t.Run("Gateway_WithoutItsSecret_AnswersNothing", func(t *testing.T) {
		if p, ok := dial(t, s.gateway.Port, "guess"); ok {
			t.Error("a wrong secret was accepted")
		} else if answer, err := p.command("c\nt\nsparkSession\ne\n"); err == nil && strings.HasPrefix(answer, "!y") {
			t.Errorf("answered %q", answer)
		}
	})
	t.Run("EntryPoint_GivesContextSessionAndConf", func(t *testing.T) {
		p := s.connect(t)
		p.must("t", "javaSparkContext")
		if got := p.must(p.must("t", "sparkConf"), "get", "spark.app.name"); got != "sagent test" && got != "agent test" {
			t.Errorf("spark.app.name is %q", got)
		}
		if got := p.must("z:java.lang.System", "getProperty", "my.flag"); got != "on" {
			t.Errorf("a property of spark.driver.extraJavaOptions is %q", got)
		}
		zone := p.must("z:java.util.TimeZone", "getDefault")
		if got := p.must(zone, "getID"); got != "Asia/Tokyo" {
			t.Errorf("the time zone is %q", got)
		}
		p.must("t", "beginStatement", 1, "with an int")
		p.must("t", "endStatement", 1)
		p.must("t", "beginStatement", int64(2), "with a long")
		p.must("t", "endStatement", int64(2))
	})
	t.Run("Progress_OnlyRises_AndStaysBelowOne", func(t *testing.T) { testProgress(t, s) })
	t.Run("Log_IsQuiet", func(t *testing.T) {
		if log := s.log.String(); strings.Contains(log, "WARN") || strings.Contains(log, "Welcome") {
			t.Errorf("the log says\n%s", log)
		}
	})
	t.Run("Interrupt_CancelsTheStatementsJobsAndNoOther", func(t *testing.T) { testInterrupt(t, s) })
	t.Run("Interrupt_OfAnEndedStatement_TouchesNothing", func(t *testing.T) { testLateInterrupt(t, s) })
	t.Run("Tags_OfTheUser_Stay", func(t *testing.T) { testUserTags(t, s) })
	t.Run("Execute_OfALanguageItLacks_IsAnError", func(t *testing.T) {
		s.send(kernel.Frame{Type: kernel.Execute, Stmt: 90, Lang: "cobol", Code: "STOP RUN."})
		if r := s.await(kernel.Result); r.Stmt != 90 || r.Status != engine.StatusError || r.Error == nil || r.Error.Name != "UnsupportedLanguage" {
			t.Errorf("result is %+v", r)
		}
	})
	t.Run("Values_OfAnyLength_ArriveWholeInSmallFrames", func(t *testing.T) { testLongValues(t, s) })
	t.Run("SQL_ShowsSoManyRowsAndSaysWhenThereAreMore", func(t *testing.T) { testRowCap(t, s) })
	t.Run("SQL_RunsSeveralStatementsInOrder", func(t *testing.T) { testSeveralStatements(t, s) })
	t.Run("SQL_KeepsOldDates", func(t *testing.T) { testOldDates(t, s) })
	t.Run("Hints_OnTheShellsCommands_AreNoPartOfAValue", func(t *testing.T) { testHints(t, s) })
	t.Run("Closures_TakeAlongWhatTheyUseAlone", func(t *testing.T) { testClosures(t, s) })
	t.Run("Companions_StayCompanionsWhereverTheyStand", func(t *testing.T) { testCompanions(t, s) })
	t.Run("Cells_MeanWhatTheyMeanInAFile", func(t *testing.T) { testWholes(t, s) })
	t.Run("Magics_ShowValuesAsLivyDoes", func(t *testing.T) { testMagics(t, s) })
	t.Run("Errors_OfAnyLength_FitIntoAFrame", func(t *testing.T) { testLongErrors(t, s) })
	t.Run("SearchesForMissingClasses_LeaveTheCompilerAlone", func(t *testing.T) { testMissingClasses(t, s) })
	t.Run("Interrupt_OfAWaitingStatement_KeepsItFromStarting", func(t *testing.T) { testWithdrawn(t, s) })
	t.Run("ThreadsOfThePool_WorkForTheStatementThatRuns", func(t *testing.T) { testPools(t, s) })
	t.Run("JobsOfThePool_AreCancelledWithTheStatementThatRuns", func(t *testing.T) { testPoolJobs(t, s) })
	t.Run("Moments_AreThoseThatSparkCounts", func(t *testing.T) { testMoments(t, s) })
	t.Run("Inquiries_WaitForNoStatement", func(t *testing.T) { testInquiries(t, s) })
	t.Run("Files_AreThereForTheNextStatement", func(t *testing.T) { testFiles(t, s, rt) })
	t.Run("UI_AsksForTheSecret", func(t *testing.T) { testUI(t, s) })
	t.Run("Sockets_AreAllOnLoopback", func(t *testing.T) { testSockets(t, s) })
	t.Run("Secrets_AreInNeitherArgvNorEnvironment", func(t *testing.T) { testSecrets(t, s) })
	t.Run("Shutdown_EndsWithZero", func(t *testing.T) {
		began := time.Now()
		s.send(kernel.Frame{Type: kernel.Shutdown})
		if code := s.exit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		t.Logf("ended after %v", time.Since(began).Round(time.Millisecond))
	})
}

// slow runs a job of n tasks on the connection, each of which takes a moment, and returns whether
// it failed.
func slow(p *python, n int) (failed bool) {
	session := p.must("t", "sparkSession")
	rows := p.must(session, "range", 0, int64(n)*2000000, 1, n)
	_, failed = p.call(p.must(rows, "selectExpr", p.strings("sum(hash(id) % 7) as s")), "collectAsList")
	return failed
}

func testProgress(t *testing.T, s *session) {
	p := s.connect(t)
	p.must("t", "beginStatement", 10, "progress")
	done := make(chan bool, 1)
	go func() { done <- slow(p, 40) }()
	var values []float64
	for {
		select {
		case f := <-s.frames:
			if f.Type == kernel.Progress && f.Stmt == 10 {
				values = append(values, f.Value)
			}
		case failed := <-done:
			p.must("t", "endStatement", 10)
			if failed || len(values) < 2 {
				t.Errorf("failed %v, progress %v", failed, values)
			}
			for i, v := range values {
				if v <= 0 || v > 0.99 || i > 0 && v <= values[i-1] {
					t.Errorf("progress %v", values)
					break
				}
			}
			return
		}
	}
}

func testInterrupt(t *testing.T, s *session) {
	own, thread, other := s.connect(t), s.connect(t), s.connect(t)
	type end struct {
		who    string
		failed bool
	}
	ends := make(chan end, 3)
	run := func(who string, p *python) { go func() { ends <- end{who, slow(p, 4000)} }() }
	progress := func(n int64) {
		for f := s.await(kernel.Progress); f.Stmt != n; f = s.await(kernel.Progress) {
		}
	}
	other.must("t", "beginStatement", 20, "the other")
	own.must("t", "beginStatement", 21, "the interrupted")
	// Spark runs jobs in their order: whose progress is awaited must be first.
	run("own", own)
	progress(21)
	run("thread", thread) // Python's own threads never call beginStatement
	run("other", other)
	began := time.Now()
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 21})
	got := map[string]bool{}
	for range 2 {
		e := <-ends
		got[e.who] = e.failed
	}
	t.Logf("interrupted after %v", time.Since(began).Round(time.Millisecond))
	if !got["own"] || !got["thread"] {
		t.Errorf("ended %v, want own and thread failed", got)
	}
	own.must("t", "endStatement", 21)
	progress(20) // it goes on
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 20})
	if e := <-ends; e.who != "other" || !e.failed {
		t.Errorf("ended %+v", e)
	}
	other.must("t", "endStatement", 20)
}

func testLateInterrupt(t *testing.T, s *session) {
	p := s.connect(t)
	p.must("t", "beginStatement", 30, "")
	p.must("t", "endStatement", 30)
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 30})
	p.must("t", "beginStatement", 31, "")
	if slow(p, 4) {
		t.Error("the next statement was cancelled")
	}
	p.must("t", "endStatement", 31)
}

func testUserTags(t *testing.T, s *session) {
	p := s.connect(t)
	sc := p.must(p.must("t", "javaSparkContext"), "sc")
	p.must(sc, "addJobTag", "mine")
	p.must("t", "beginStatement", 40, "")
	p.must("t", "beginStatement", 41, "")
	if tags := p.must(p.must(sc, "getJobTags"), "mkString", " "); !strings.Contains(tags, "mine") ||
		!strings.Contains(tags, "hearth-41") || strings.Contains(tags, "hearth-40") {
		t.Errorf("tags are %q", tags)
	}
	p.must("t", "endStatement", 41)
	if tags := p.must(p.must(sc, "getJobTags"), "mkString", " "); tags != "mine" {
		t.Errorf("tags are %q after the end", tags)
	}
}

func (s *session) get(t *testing.T, page, secret string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.info.UIAddress+page, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Hearth-Secret", secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func testUI(t *testing.T, s *session) {
	for _, page := range []string{"/jobs/", "/environment/", "/SQL/", "/api/v1/applications", "/static/spark-logo-77x50px-hd.png"} {
		if status, _ := s.get(t, page, "guess"); status != http.StatusForbidden {
			t.Errorf("%s without the secret: %d", page, status)
		}
	}
	for _, page := range []string{"/jobs/", "/stages/", "/environment/", "/SQL/", "/api/v1/applications"} {
		status, body := s.get(t, page, string(s.info.UISecret))
		if status != http.StatusOK {
			t.Errorf("%s: %d", page, status)
		}
		if strings.Contains(body, string(s.info.UISecret)) || strings.Contains(body, s.gateway.Secret) {
			t.Errorf("%s shows a secret", page)
		}
	}
	if _, jobs := s.get(t, "/jobs/", string(s.info.UISecret)); !strings.Contains(jobs, "the interrupted") {
		t.Error("the UI knows nothing of the jobs before it")
	}
	if _, apps := s.get(t, "/api/v1/applications", string(s.info.UISecret)); !strings.Contains(apps, `"agent test"`) {
		t.Errorf("applications: %s", apps)
	}
}

func testSecrets(t *testing.T, s *session) {
	for _, file := range []string{"cmdline", "environ"} {
		data, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(s.cmd.Process.Pid), file))
		if err != nil {
			t.Skipf("no /proc: %v", err)
		}
		for _, secret := range []string{s.gateway.Secret, string(s.info.UISecret)} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s shows a secret", file)
			}
		}
	}
}

func testBadConf(t *testing.T, rt spark.Runtime) {
	a := start(t, rt, map[string]string{"spark.serializer": "no.such.Serializer"})
	for f := range a.frames {
		if f.Type != kernel.Fatal {
			continue
		}
		if !strings.Contains(f.Text, "no.such.Serializer") || strings.Contains(f.Text, "\n") {
			t.Errorf("fatal says %q", f.Text)
		}
		if code := a.exit(); code != jvm.ExitFailedStart || !strings.Contains(a.log.String(), "\tat ") {
			t.Errorf("exit code %d, log\n%s", code, a.log)
		}
		return
	}
	t.Error("no fatal frame")
}

func testEndOfInput(t *testing.T, rt spark.Runtime) {
	a := startFor(t, rt, engine.Python, map[string]string{"spark.ui.enabled": "false"})
	if info := a.await(kernel.Ready).Info; info.UIAddress != "" || info.UISecret != "" {
		t.Errorf("a session without UI reports %q", info.UIAddress)
	}
	if a.hasThread("hearth-scala") {
		t.Error("a Python session has an interpreter of Scala")
	}
	began := time.Now()
	a.in.Close()
	if code := a.exit(); code != jvm.ExitOrphaned || time.Since(began) > 10*time.Second {
		t.Errorf("exit code %d after %v", code, time.Since(began))
	}
}

func testOutOfMemory(t *testing.T, rt spark.Runtime) {
	s := ready(t, rt, nil)
	p := s.connect(t)
	go p.command("c\nz:java.nio.LongBuffer\nallocate\ni2000000000\ne\n")
	if code := s.exit(); code != jvm.ExitOutOfMemory {
		t.Errorf("exit code %d", code)
	}
}

func testSystemExit(t *testing.T, rt spark.Runtime) {
	s := ready(t, rt, nil)
	p := s.connect(t)
	go p.command("c\nz:java.lang.System\nexit\ni7\ne\n")
	if code := s.exit(); code != 7 {
		t.Errorf("exit code %d", code)
	}
}

func testRehearsal(t *testing.T, rt spark.Runtime) {
	dir := t.TempDir()
	argv, env := spark.JavaCommand(rt, spark.JavaOptions{
		Given: spark.Given{Cores: 2, MemoryMB: 1024}, Dirs: spark.Dirs{Scratch: dir}, Args: []string{spark.TrainArg},
	})
	// The installer of runtimes gives it no configuration.
	var kept []string
	for _, kv := range env {
		if !strings.HasPrefix(kv, "HEARTH_") {
			kept = append(kept, kv)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	a := launch(t, dir, argv, spark.Environ(os.Environ(), spark.Passing{}, nil, kept))
	if code := a.exit(); code != 0 || strings.Contains(a.log.String(), "Exception") {
		t.Errorf("exit code %d, log\n%s", code, a.log)
	}
}
