//go:build e2e

// Package harness starts the built binary for the suites under test and looks at it from outside:
// through an unmodified AWS client, and through /proc.
//
// It waits by polling up to generous deadlines and never asserts how long something took. It
// imports nothing of ours: what it knows of Hearth is what a user knows, and the name of the
// variable that marks a session's processes.
package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// Patience is how long the harness waits for anything.
const Patience = 3 * time.Minute

// markVariable is planted in every process of every session of a server:
// variables of this prefix are passed on to sessions.
const markVariable = "LC_HEARTH_TEST"

// suiteInstances is how many sessions a server under test may have: suites keep more small sessions
// idle than its memory would be reckoned to hold.
const suiteInstances = "100"

// Home is where a server keeps its state; it outlives the servers of a test. Runtime is where
// sockets go whose path would be too long below Dir.
type Home struct {
	Dir, Runtime, Mark string
}

// NewHome makes a home and checks at the end of the test that nothing of the sessions that ever ran
// for it is left.
func NewHome(t *testing.T) Home {
	t.Helper()
	runtime, err := os.MkdirTemp("", "h") //nolint:usetesting // its path must be short
	if err != nil {
		t.Fatal(err)
	}
	h := Home{Dir: t.TempDir(), Runtime: runtime, Mark: fmt.Sprint(time.Now().UnixNano())}
	t.Cleanup(func() {
		h.checkLeaks(t)
		if err := os.RemoveAll(runtime); err != nil {
			t.Error(err)
		}
	})
	return h
}

// Data is the server's data folder.
func (h Home) Data() string { return filepath.Join(h.Dir, "data") }

// Server is one running `hearth serve`.
type Server struct {
	Home Home
	URL  string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
}

// Binary is the binary under test: $HEARTH_BINARY, else bin/hearth.
func Binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HEARTH_BINARY")
	if path == "" {
		path = filepath.Join(Root(t), "bin", "hearth")
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v. Type: make build", err)
	}
	return path
}

// Root is the folder of go.mod.
func Root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the working directory")
	return ""
}

// Start starts the binary under test on the home and returns when it welcomes requests. If the test
// has not ended it by then, its end ends it in order.
func Start(t *testing.T, h Home, args ...string) *Server {
	t.Helper()
	return StartBinary(t, h, Binary(t), args...)
}

// StartBinary starts another build.
func StartBinary(t *testing.T, h Home, binary string, args ...string) *Server {
	t.Helper()
	address := freeAddress(t)
	s := &Server{
		Home: h, URL: "http://" + address, done: make(chan struct{}),
		log: filepath.Join(h.Dir, "server.log"),
	}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if name := os.Getenv("HEARTH_TEST_RUNTIME"); name != "" {
		args = append(args, "-runtime", name)
	}
	s.cmd = exec.Command(binary, append([]string{"serve", "-listen", address, "-data", h.Data(), "-files", h.Dir, "-max-instances", suiteInstances}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Dir = log, log, h.Dir
	s.cmd.Env = append(os.Environ(), markVariable+"="+h.Mark, "XDG_RUNTIME_DIR="+h.Runtime)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // its code is read from ProcessState
		close(s.done)
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the server's log:\n%s", s.Tail(60))
		}
		s.end(t)
	})
	s.waitHealthy(t)
	return s
}

func (s *Server) waitHealthy(t *testing.T) {
	t.Helper()
	Wait(t, "a healthy server", func() bool {
		select {
		case <-s.done:
			t.Fatalf("the server ended with %v:\n%s", s.cmd.ProcessState, s.Tail(60))
		default:
		}
		answer, err := http.Get(s.URL + "/healthz") //nolint:noctx // bounded by Wait
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Done is closed when the server is gone.
func (s *Server) Done() <-chan struct{} { return s.done }

// Kill ends the server as a crash does, and returns when it is gone.
func (s *Server) Kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.done
}

// Terminate asks the server to end and demands that it ends in order.
func (s *Server) Terminate(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.await(t)
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("after SIGTERM the server ended with %v:\n%s", s.cmd.ProcessState, s.Tail(40))
	}
}

func (s *Server) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(Patience):
		_ = s.cmd.Process.Kill() // so that the suite goes on
		t.Fatalf("SIGTERM did not end the server:\n%s", s.Tail(60))
	}
}

// end ends a server that the test left running.
func (s *Server) end(t *testing.T) {
	select {
	case <-s.done:
	default:
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have just ended
		s.await(t)
	}
}

// Tail is the end of the server's log, without the requests that went well.
func (s *Server) Tail(lines int) string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	var told []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "msg=request") || !strings.Contains(line, "status=200") {
			told = append(told, line)
		}
	}
	return strings.Join(told[max(0, len(told)-lines):], "")
}

// Glue is an unmodified client of the AWS SDK that talks to the server.
func (s *Server) Glue() *glue.Client { return newGlue(s.URL, http.DefaultTransport) }

func newGlue(url string, transport http.RoundTripper) *glue.Client {
	return glue.New(glue.Options{
		HTTPClient:       &http.Client{Transport: plainBodies{transport}},
		Region:           "eu-central-1",
		BaseEndpoint:     aws.String(url),
		Credentials:      credentials.NewStaticCredentialsProvider("AKIDGO", "secret", ""),
		RetryMaxAttempts: 1,
	})
}

// Wait polls until done, and fails the test when patience ends.
func Wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), Patience, errors.New("patience ended"))
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited for %s: %v", what, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// WaitFile waits until code in a session has written a marker file.
func WaitFile(t *testing.T, path string) {
	t.Helper()
	Wait(t, filepath.Base(path)+", written by the session", func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}
