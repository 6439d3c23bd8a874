package supervise

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// older plays a supervisor of the first release on a socket: it numbers and keeps EventStarted, and
// it does not know the frames that came later.
func older(t *testing.T, socket string, events ...engine.Event) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in, out := kernel.NewReader(c), kernel.NewWriter(c)
		for {
			f, err := in.Read()
			if err != nil {
				return
			}
			switch f.Type {
			case kernel.Attach:
				_ = out.Write(kernel.Frame{Type: kernel.Attached, ID: f.ID, Proto: 1, Seq: uint64(len(events))})
				for _, e := range events {
					if e.Seq > f.After {
						_ = out.Write(kernel.Frame{Type: kernel.Event, Event: &e})
					}
				}
			case kernel.Execute, kernel.Interrupt, kernel.Stop:
				_ = out.Write(kernel.Frame{Type: kernel.Accepted, ID: f.ID})
			default:
				_ = out.Write(kernel.Frame{Type: kernel.Refused, ID: f.ID, Text: "unknown request"})
			}
		}
	}()
}

func TestDial_SupervisorOfTheFirstRelease_IsSpokenTo(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	older(t, socket,
		engine.Event{Seq: 1, Kind: engine.EventReady, Info: &engine.Info{SparkVersion: "3.5.7"}},
		engine.Event{Seq: 2, Kind: engine.EventStarted, Statement: 1},
		engine.Event{Seq: 3, Kind: engine.EventStream, Statement: 1, Stream: "stdout", Text: "old"},
		engine.Event{Seq: 4, Kind: engine.EventResult, Statement: 1, Status: engine.StatusOK})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := Dial(ctx, Record{ID: "i", Socket: socket, Protocols: []int{1}}, "secret", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, want := range []engine.EventKind{engine.EventStarted, engine.EventStream, engine.EventResult} {
		if e := <-c.Events(); e.Kind != want {
			t.Fatalf("event %+v, want %s", e, want)
		}
	}
	for what, err := range map[string]error{
		"execute": c.Execute(ctx, engine.Statement{Number: 2, Language: engine.Python, Code: "1"}), "interrupt": c.Interrupt(ctx, 2), "stop": c.Stop(ctx, time.Second),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := c.Complete(ctx, engine.Python, "x", 1); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("a request that it does not know: %v", err)
	}
	if _, err := Dial(ctx, Record{ID: "i", Socket: socket, Protocols: []int{kernel.Version + 1}}, "secret", 0); err == nil {
		t.Error("a supervisor of a later version was spoken to")
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
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
