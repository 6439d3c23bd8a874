package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/engine/local"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/runtimes"
)

// TestMain lets the test binary be the server of testDialects and testEngines, and the processes
// that it starts.
func TestMain(m *testing.M) {
	sealDescriptors()
	localtest.Main()
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		outliveReaders()
		os.Exit(tables{testDialects(), testEngines()}.serve(context.Background(), os.Args[2:], os.Stderr))
	}
	// Where the tests were started by nohup, child processes would ignore it too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	os.Exit(m.Run())
}

// realSpark is the variable with which the server of the test runs real Spark in its local engine.
const realSpark = "HEARTH_TEST_REAL_SPARK"

// testEngines is the table with one row more; its local engine has kernels that need no Spark.
func testEngines() []engineRow {
	rows := engines()
	if os.Getenv(realSpark) == "" {
		rows = []engineRow{{"local", func(_ context.Context, g given) (engine.Driver, error) {
			self, err := selfPath()
			if err != nil {
				return nil, err
			}
			return local.New(local.Config{DataDir: g.config.Data, Binary: self, Recipe: localtest.Recipe(localtest.Stub), AbandonAfter: g.config.abandonAfter(), Logger: g.log})
		}}}
	}
	return append(rows, engineRow{"fake", func(_ context.Context, g given) (engine.Driver, error) {
		return fake.Open(filepath.Join(g.config.Data, "fake"), fake.Config{})
	}})
}

// patience is how long the test waits for anything before it fails.
const patience = 60 * time.Second

// process is a server in a process of its own.
type process struct {
	t         *testing.T
	env, args []string
	cmd       *exec.Cmd
	base      string
	out       *os.File // the reader of its log
	log       *bytes.Buffer
	reading   sync.Mutex    // held by whoever reads the log, or keeps it from being read
	read      chan struct{} // closed when the log is complete
}

// startProcess starts the server and waits until it answers.
func startProcess(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return startChanged(t, env, nil, args...)
}

// startChanged is startProcess with a command that change, if it is not nil, has changed.
func startChanged(t *testing.T, env []string, change func(*exec.Cmd), args ...string) *process {
	t.Helper()
	p := &process{t: t, env: env, args: args, log: new(bytes.Buffer), read: make(chan struct{})}
	p.cmd = exec.Command(os.Args[0], append([]string{"serve"}, args...)...)
	p.cmd.Env = append(os.Environ(), env...)
	if change != nil {
		change(p.cmd)
	}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out, p.cmd.Stderr = out, w
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	base := make(chan string, 1)
	go func() {
		defer close(p.read)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			p.reading.Lock()
			p.reading.Unlock() //nolint:staticcheck // the wait is the point
			p.log.WriteString(lines.Text() + "\n")
			if _, rest, found := strings.Cut(lines.Text(), " answers on "); found {
				address, _, _ := strings.Cut(rest, " ")
				base <- address
			}
		}
	}()
	select {
	case p.base = <-base:
	case <-p.read:
		t.Fatalf("the server did not start:\n%s", p.log)
	case <-time.After(patience):
		p.cmd.Process.Kill()
		t.Fatal("the server does not answer")
	}
	return p
}

// closeLog closes the reader of the log, as when `| head` has read enough.
func (p *process) closeLog() {
	p.out.Close()
	<-p.read
}

// end ends the process by a signal and returns how it exited.
func (p *process) end(signal syscall.Signal) error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	<-p.read
	return p.cmd.Wait()
}

// call sends a request and decodes the answer.
func (p *process) call(method, path, target string, body any) map[string]any {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if target != "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSGlue."+target)
	}
	answer, err := (&http.Client{Timeout: patience}).Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		p.t.Fatalf("%s %s %s: %s: %s %v", method, path, target, answer.Status, text, err)
	}
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return v
}

// client is one API's client with one session.
type client struct {
	name   string
	create func(*process)
	// run returns the number of a new statement.
	run    func(p *process, code string) float64
	cancel func(p *process, number float64)
	// session and statement return what the API shows, in lower case.
	session   func(*process) string
	statement func(p *process, number float64) string
	// hang is code that runs until it is interrupted, two has the value 2.
	hang, two string
}

func glueClient(hang, two string) client { return glueSession("s", hang, two) }

func glueSession(name, hang, two string) client {
	id := map[string]any{"SessionId": name}
	with := func(key string, v any) map[string]any { return map[string]any{"SessionId": id["SessionId"], key: v} }
	return client{
		name: "glue", hang: hang, two: two,
		create: func(p *process) {
			p.call("POST", "/", "CreateSession", map[string]any{
				"Id": name, "Role": "arn:aws:iam::000000000000:role/r", "Command": map[string]any{"Name": "glueetl", "PythonVersion": "3"},
			})
		},
		run: func(p *process, code string) float64 {
			return p.call("POST", "/", "RunStatement", with("Code", code))["Id"].(float64)
		},
		cancel: func(p *process, number float64) { p.call("POST", "/", "CancelStatement", with("Id", number)) },
		session: func(p *process) string {
			return shown(p.call("POST", "/", "GetSession", map[string]any{"Id": name})["Session"])
		},
		statement: func(p *process, number float64) string {
			return shown(p.call("POST", "/", "GetStatement", with("Id", number))["Statement"])
		},
	}
}

func livyClient(hang, two string) client {
	path := func(number float64) string { return fmt.Sprintf("/sessions/0/statements/%v", number) }
	return client{
		name: "livy", hang: hang, two: two,
		create: func(p *process) { p.call("POST", "/sessions", "", map[string]any{"kind": "pyspark"}) },
		run: func(p *process, code string) float64 {
			return p.call("POST", "/sessions/0/statements", "", map[string]any{"code": code})["id"].(float64)
		},
		cancel:    func(p *process, number float64) { p.call("POST", path(number)+"/cancel", "", nil) },
		session:   func(p *process) string { return shown(p.call("GET", "/sessions/0", "", nil)) },
		statement: func(p *process, number float64) string { return shown(p.call("GET", path(number), "", nil)) },
	}
}

// shown is an answer in lower case, in which states and values are searched.
func shown(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.ToLower(string(text))
}

// until asks again and again until the answer has one of the words.
func (p *process) until(ask func() string, words ...string) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		last := ask()
		for _, word := range words {
			if strings.Contains(last, word) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-limit:
			_ = p.end(syscall.SIGKILL)
			p.t.Fatalf("no %q in %s; the log:\n%s", words, last, p.log)
		}
	}
}

func TestServer_TwoEnginesKilled_EachGetsItsOwnInstancesBack(t *testing.T) {
	env := []string{runtimes.RootVariable + "=" + pretendRuntime(t, "spark-3.5")}
	survive(t, env, glueClient("hang", "value 2"))
}

// survive kills a server twice that has a session of the local engine and one of the fake engine,
// each with a statement that runs, and finds both again.
func survive(t *testing.T, env []string, onLocal client) {
	dir := t.TempDir()
	data, config := filepath.Join(dir, "data"), filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte("engine: local\nlivy: {engine: fake}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-listen", "127.0.0.1:0", "-data", data, "-config", config, "-stop-grace", "10s"}
	clients := []client{onLocal, livyClient("print hanging; hang", "value 2")}

	p := startProcess(t, env, args...)
	hanging := map[string]float64{}
	for _, c := range clients {
		c.create(p)
		p.until(func() string { return c.session(p) }, `"ready"`, `"idle"`)
		hanging[c.name] = c.run(p, c.hang)
		p.until(func() string { return c.statement(p, hanging[c.name]) }, `"running"`)
	}
	instances := func() (found [2]int) {
		for i, pattern := range []string{"instances/*", "fake/*"} {
			all, err := filepath.Glob(filepath.Join(data, pattern))
			if err != nil {
				t.Fatal(err)
			}
			found[i] = len(all)
		}
		return found
	}
	for range 2 {
		_ = p.end(syscall.SIGKILL)
		p = startProcess(t, env, args...)
		if got := instances(); got != [2]int{1, 1} {
			t.Fatalf("instances of the engines: %v, want one each", got)
		}
		for _, c := range clients {
			if got := c.statement(p, hanging[c.name]); !strings.Contains(got, `"running"`) {
				t.Errorf("%s: after the kill the statement is %s", c.name, got)
			}
		}
	}
	for _, c := range clients {
		c.cancel(p, hanging[c.name])
		p.until(func() string { return c.statement(p, hanging[c.name]) }, `"cancelled"`)
		number := c.run(p, c.two)
		p.until(func() string { return c.statement(p, number) }, `"text/plain":"2"`, `"textplain":"2"`)
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("an end in order: %v\n%s", err, p.log)
	}
	if strings.Contains(p.log.String(), "destroying an instance") || strings.Contains(p.log.String(), "cause=lost") {
		t.Errorf("an instance was not found again:\n%s", p.log)
	}
}

// pretendRuntime makes a directory with a runtime of that name which looks complete.
func pretendRuntime(t *testing.T, name string) (root string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	self := os.Args[0]
	manifest, err := json.Marshal(runtimes.Installed{Name: name, Spark: "3.5.7", Dir: filepath.Join(root, name), Java: self, Python: self})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, name, "manifest.json"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}
