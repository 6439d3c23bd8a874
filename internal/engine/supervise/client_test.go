package supervise

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// replay plays the supervisor of a recorded conversation on a socket: it expects the frames behind
// ">" and sends those behind "<".
func replay(t *testing.T, conversation string) Record {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for line := range strings.Lines(conversation) {
			side, body, _ := strings.Cut(strings.TrimSpace(line), " ")
			if side == "<" {
				head := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
				if _, err := c.Write(append(head, body...)); err != nil {
					t.Error(err)
					return
				}
				continue
			}
			got, err := kernel.NewReader(c).Read()
			var want kernel.Frame
			if err = errors.Join(err, json.Unmarshal([]byte(body), &want)); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("the supervisor received %+v, %v, want %s", got, err, body)
				return
			}
		}
	}()
	return Record{ID: "i", Socket: socket, Protocols: []int{1}}
}

// The conversation was recorded from a supervisor of the first version of the protocol. It numbers
// and keeps EventStarted, which later ones do not.
func TestConn_SupervisorOfTheFirstVersion_IsAttachedToAndServed(t *testing.T) {
	recorded, err := os.ReadFile(filepath.Join("testdata", "protocol-1.txt"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := Dial(ctx, replay(t, string(recorded)), "secret", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	seq := uint64(0)
	next := func(kind engine.EventKind) engine.Event {
		t.Helper()
		e := <-c.Events()
		if seq++; e.Kind != kind || e.Seq != seq {
			t.Fatalf("event %+v, want %s numbered %d", e, kind, seq)
		}
		return e
	}
	accepted := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	if e := next(engine.EventReady); e.Info == nil || e.Info.SparkVersion != "3.5.7" {
		t.Errorf("ready with %+v", e.Info)
	}
	accepted("execute", c.Execute(ctx, engine.Statement{Number: 1, Language: engine.Python, Code: "print('old')\n6 * 7"}))
	next(engine.EventStarted)
	if e := next(engine.EventStream); e.Text != "old\n" {
		t.Errorf("output %+v", e)
	}
	if e := next(engine.EventResult); e.Status != engine.StatusOK || e.Data["text/plain"] != "42" || e.ExecutionCount != 1 {
		t.Errorf("result %+v", e)
	}
	accepted("execute", c.Execute(ctx, engine.Statement{Number: 2, Language: engine.Python, Code: "import time\ntime.sleep(60)"}))
	next(engine.EventStarted)
	accepted("interrupt", c.Interrupt(ctx, 2))
	if e := next(engine.EventResult); e.Status != engine.StatusCancelled {
		t.Errorf("result %+v", e)
	}
	names, err := c.Complete(ctx, engine.Python, "pri", 3)
	if err != nil || !slices.Equal(names, []string{"print"}) {
		t.Errorf("completed %v, %v", names, err)
	}
	accepted("stop", c.Stop(ctx, 10*time.Second))
	if e := next(engine.EventExit); e.Exit == nil || e.Exit.Cause != engine.CauseStopped {
		t.Errorf("exit %+v", e.Exit)
	}
	if err := c.Execute(ctx, engine.Statement{Number: 3}); !errors.Is(err, engine.ErrGone) {
		t.Errorf("a statement after the exit: %v", err)
	}
}

func TestConn_RequestThatTheSupervisorDoesNotKnow_IsUnsupported(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := Dial(ctx, replay(t, `> {"type":"attach","proto":1,"secret":"secret"}
< {"type":"attached","proto":1}
> {"type":"complete","id":1,"lang":"python","code":"x","cursor":1}
< {"type":"refused","id":1,"text":"unknown request \"complete\""}`), "secret", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Complete(ctx, engine.Python, "x", 1); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("Complete: %v, want ErrUnsupported", err)
	}
}

func TestAcknowledge_SupervisorThatDoesNotKnowIt_GoesOn(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := Dial(ctx, replay(t, `> {"type":"attach","proto":1,"secret":"secret"}
< {"type":"attached","proto":1}
> {"type":"acknowledge","seq":7}
< {"type":"refused","text":"unknown request \"acknowledge\""}
> {"type":"execute","id":1,"stmt":1}
< {"type":"accepted","id":1}`), "secret", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Acknowledge(7); err != nil {
		t.Errorf("Acknowledge: %v", err)
	}
	if err := c.Execute(ctx, engine.Statement{Number: 1}); err != nil {
		t.Errorf("Execute: %v", err)
	}
}

func TestDial_EventsThatAreNotKept_IsErrTrimmed(t *testing.T) {
	_, err := Dial(t.Context(), replay(t, `> {"type":"attach","proto":1,"secret":"secret"}
< {"type":"refused","name":"trimmed","text":"those from 1 to 9"}`), "secret", 0)
	if !errors.Is(err, engine.ErrTrimmed) || !strings.Contains(err.Error(), "from 1 to 9") {
		t.Errorf("Dial = %v, want ErrTrimmed that names them", err)
	}
}

func TestDial_SupervisorOfALaterVersion_IsRefused(t *testing.T) {
	if _, err := Dial(t.Context(), Record{ID: "i", Protocols: []int{kernel.Version + 1}}, "secret", 0); err == nil {
		t.Error("a version of the protocol that this server does not speak was accepted")
	}
}

func TestGone_Instance_RefusesEveryRequest(t *testing.T) {
	c := Gone("i")
	_, completed := c.Complete(t.Context(), engine.Python, "x", 1)
	for what, err := range map[string]error{
		"execute": c.Execute(t.Context(), engine.Statement{Number: 1}), "interrupt": c.Interrupt(t.Context(), 1),
		"stop": c.Stop(t.Context(), time.Second), "add a file": c.AddFile(t.Context(), engine.FileJar, "/x"), "complete": completed,
	} {
		if !errors.Is(err, engine.ErrGone) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Acknowledge(1); !errors.Is(err, engine.ErrGone) {
		t.Errorf("acknowledge: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
