package local_test

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
)

// one is a started instance in a directory of its own.
type one struct {
	t  *testing.T
	d  *local.Driver
	id string
	in engine.Instance
	// dir is the instance's, data the server's.
	dir  supervise.Dir
	data string
}

func startOne(t *testing.T, data string, plan localtest.Recipe, change func(*engine.Spec)) *one {
	t.Helper()
	o := &one{t: t, d: newDriver(t, data, plan), id: "rule-" + strconv.FormatInt(time.Now().UnixNano(), 36), data: data}
	o.dir = supervise.Dir(filepath.Join(data, "instances", o.id))
	spec := engine.Spec{ID: o.id}
	if change != nil {
		change(&spec)
	}
	if _, err := o.d.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.d.Destroy(context.Background(), engine.Known{ID: o.id}); err != nil {
			t.Error(err)
		}
	})
	o.attach()
	return o
}

func (o *one) attach() {
	o.t.Helper()
	in, err := o.d.Attach(o.t.Context(), engine.Known{ID: o.id}, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { in.Close() })
	o.in = in
}

// until reads events until one of the kind.
func (o *one) until(kind engine.EventKind) engine.Event {
	o.t.Helper()
	limit := time.After(enginetest.Patience)
	for {
		select {
		case e, open := <-o.in.Events():
			if !open {
				o.t.Fatalf("the events ended before %s", kind)
			}
			if e.Kind == kind {
				return e
			}
		case <-limit:
			o.t.Fatalf("no event %s", kind)
		}
	}
}

func (o *one) run(number int64, language engine.Language, code string) engine.Event {
	o.t.Helper()
	if err := o.in.Execute(o.t.Context(), engine.Statement{Number: number, Language: language, Code: code}); err != nil {
		o.t.Fatal(err)
	}
	return o.until(engine.EventResult)
}
