package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/runtimes"
)

// crowd is a server whose process comes and goes, with users who never stop sending statements.
type crowd struct {
	t    *testing.T
	data string
	args []string
	env  []string
	// server is the one that runs now, or ran last.
	server atomic.Pointer[process]
	// stop is closed when the users shall send nothing new.
	stop  chan struct{}
	users sync.WaitGroup
	log   bytes.Buffer // of the servers before
}

// user sends one statement after the other to one session, and makes another session when that one
// has ended.
type user struct {
	crowd *crowd
	name  string
	// sessions are the ids of its sessions in the order of their creation.
	sessions []string
	// accepted has the value of every statement whose acceptance was answered, by session and
	// number.
	accepted map[string]map[int]string
}

func newCrowd(t *testing.T, flags ...string) *crowd {
	data := filepath.Join(t.TempDir(), "data")
	c := &crowd{
		t: t, data: data, stop: make(chan struct{}),
		env:  []string{runtimes.RootVariable + "=" + pretendRuntime(t, "spark-3.5")},
		args: append([]string{"-listen", "127.0.0.1:0", "-data", data, "-stop-grace", "10s", "-log-level", "warn"}, flags...),
	}
	c.start()
	return c
}

// start starts the next server.
func (c *crowd) start() {
	if before := c.server.Load(); before != nil {
		fmt.Fprintf(&c.log, "%s--- next server\n", before.log)
	}
	c.server.Store(startProcess(c.t, c.env, c.args...))
}

// ask sends a request of Glue to the server that runs now. No answer is an error; an answer that is
// an error has its name as the first value.
func (c *crowd) ask(target string, body any) (fault string, answer map[string]any, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", nil, err
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.server.Load().base, bytes.NewReader(text))
	if err != nil {
		return "", nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSGlue."+target)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer got.Body.Close()
	if text, err = io.ReadAll(got.Body); err != nil {
		return "", nil, err
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", nil, fmt.Errorf("%s: %s: %w", target, text, err)
	}
	if got.StatusCode == http.StatusOK {
		return "", answer, nil
	}
	fault, _ = answer["__type"].(string)
	return fault, answer, nil
}

// insist asks until a server answers.
func (c *crowd) insist(target string, body any) (fault string, answer map[string]any) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		fault, answer, err := c.ask(target, body)
		// A server that leaves answers every request with a fault until it is gone.
		if err == nil && !strings.HasPrefix(fault, "Internal") && !strings.HasPrefix(fault, "OperationTimeout") {
			return fault, answer
		}
		select {
		case <-tick.C:
		case <-limit:
			c.t.Errorf("%s: no answer: %s %v %v", target, fault, answer, err)
			return fault, answer
		}
	}
}

// join adds a user, whose session is created before it returns.
func (c *crowd) join(name string) *user {
	u := &user{crowd: c, name: name, accepted: map[string]map[int]string{}}
	u.settle()
	c.users.Go(u.work)
	return u
}

// settle makes the user's next session and waits until it is ready.
func (u *user) settle() string {
	id := fmt.Sprintf("%s-%d", u.name, len(u.sessions))
	u.sessions = append(u.sessions, id)
	u.accepted[id] = map[int]string{}
	fault, answer := u.crowd.insist("CreateSession", map[string]any{
		"Id": id, "Role": "arn:aws:iam::000000000000:role/r", "Command": map[string]any{"Name": "glueetl", "PythonVersion": "3"},
	})
	// The answer to the first request may have been lost with its server.
	if fault != "" && !strings.HasPrefix(fault, "AlreadyExists") {
		u.crowd.t.Errorf("create %s: %s %v", id, fault, answer)
	}
	u.await(func() bool { return u.status(id) != "PROVISIONING" })
	return id
}

func (u *user) status(id string) string {
	_, answer := u.crowd.insist("GetSession", map[string]any{"Id": id})
	s, _ := answer["Session"].(map[string]any)
	status, _ := s["Status"].(string)
	return status
}

// await waits until done reports true.
func (u *user) await(done func() bool) {
	limit := time.Now().Add(patience)
	pause := 5 * time.Millisecond
	for !done() {
		if time.Now().After(limit) {
			u.crowd.t.Errorf("%s waited in vain", u.name)
			return
		}
		time.Sleep(pause)
		pause = min(2*pause, 200*time.Millisecond)
	}
}

// work sends statements until stop, each after the end of the one before.
func (u *user) work() {
	id := u.sessions[0]
	for n := 0; ; n++ {
		select {
		case <-u.crowd.stop:
			return
		default:
		}
		value := fmt.Sprint(n)
		fault, answer, err := u.crowd.ask("RunStatement", map[string]any{"SessionId": id, "Code": "value " + value})
		if err != nil {
			continue // whether it was accepted is not known
		}
		if fault != "" {
			if status := u.status(id); status == "READY" || status == "PROVISIONING" {
				continue // the server was leaving
			}
			id = u.settle()
			continue
		}
		number, _ := answer["Id"].(float64)
		u.accepted[id][int(number)] = value
		u.await(func() bool {
			state, _ := u.statement(id, int(number))
			return state != "WAITING" && state != "RUNNING"
		})
	}
}

// statement returns the state of a statement and the value that it shows.
func (u *user) statement(id string, number int) (state, value string) {
	_, answer := u.crowd.insist("GetStatement", map[string]any{"SessionId": id, "Id": number})
	st, _ := answer["Statement"].(map[string]any)
	state, _ = st["State"].(string)
	out, _ := st["Output"].(map[string]any)
	data, _ := out["Data"].(map[string]any)
	value, _ = data["TextPlain"].(string)
	return state, value
}

// check demands that every accepted statement has its value, or that its session ended; it returns
// how many sessions ended, and how many statements were accepted.
func (u *user) check() (ended, accepted int) {
	for _, id := range u.sessions {
		for number, want := range u.accepted[id] {
			accepted++
			var state, value string
			u.await(func() bool {
				state, value = u.statement(id, number)
				return state != "WAITING" && state != "RUNNING"
			})
			switch {
			case state == "AVAILABLE" && value == want:
			case state == "ERROR" || state == "CANCELLED":
				// Its session has ended, or is about to: a process of it was killed a moment ago.
				u.await(func() bool { return u.status(id) != "READY" })
			default:
				u.crowd.t.Errorf("statement %d of %s, which is %s: %s %q, want %q", number, id, u.status(id), state, value, want)
			}
		}
		if u.status(id) != "READY" {
			ended++
		}
	}
	return ended, accepted
}

// leave ends the users, checks what they were promised, ends the server in order, and demands that
// nothing is left. It returns how many sessions ended by accident, and how many statements ran.
func (c *crowd) leave(users []*user) (ended, accepted int) {
	close(c.stop)
	c.users.Wait()
	for _, u := range users {
		e, a := u.check()
		ended, accepted = ended+e, accepted+a
	}
	if err := c.server.Load().end(syscall.SIGTERM); err != nil {
		c.t.Errorf("the last server ended with %v", err)
	}
	c.args = append(c.args, "-keep-sessions=false")
	c.start()
	if err := c.server.Load().end(syscall.SIGTERM); err != nil {
		c.t.Errorf("an end in order: %v", err)
	}
	for _, id := range c.instances() {
		wantNoProcess(c.t, id)
		if group, err := proc.FindGroup(supervise.GroupName(id)); err != nil || group != nil {
			c.t.Errorf("a control group of %s is left: %v %v", id, group.Path(), err)
		}
		if _, err := os.Stat(c.dir(id).Run()); err == nil {
			c.t.Errorf("scratch files of %s are left", id)
		}
	}
	if c.t.Failed() {
		c.t.Logf("the servers before:\n%s", &c.log)
	}
	return ended, accepted
}

func (c *crowd) dir(instance string) supervise.Dir {
	return supervise.Dir(filepath.Join(c.data, "instances", instance))
}

// instances lists every instance that ever ran here.
func (c *crowd) instances() []string {
	entries, err := os.ReadDir(filepath.Join(c.data, "instances"))
	if err != nil {
		c.t.Error(err)
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Name())
	}
	return ids
}
