package fake

import (
	"fmt"
	"time"

	"hearth/internal/engine"
)

func (in *instance) emit(e engine.Event) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.exit == nil {
		in.emitLocked(e)
	}
}

// keep writes a record of the journal. A full disk is a failed test.
func (in *instance) keep(r record) {
	if in.abandoned {
		return
	}
	if err := in.journal.append(r); err != nil {
		panic(fmt.Sprintf("fake engine: %v", err))
	}
}

// emitLocked numbers and keeps an event and hands it to every connection.
func (in *instance) emitLocked(e engine.Event) {
	if in.abandoned {
		return
	}
	e.Time = time.Now()
	if e.Kind != engine.EventPhase && e.Kind != engine.EventProgress {
		e.Seq = in.trimmed + uint64(len(in.spool)) + 1
		in.spool = append(in.spool, e)
		in.keep(record{Event: &e})
	}
	if e.Kind == engine.EventStream {
		in.log = append(in.log, e.Text...)
	}
	for _, c := range in.conns {
		c.push(e)
	}
}
