//go:build e2e

package integration_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"hearth/test/harness"
)

// heedlessCodes cannot be interrupted: a call of C that keeps the interpreter to itself and blocks
// the signal, and a loop that never looks.
var heedlessCodes = map[string]string{
	"pyspark": `import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
open(%q, "w").close()
ctypes.PyDLL(None).pause()`,
	"spark": `new java.io.FileOutputStream(%q).close()
var n = 0L
while (n >= 0) n = (n + 1) & 0xffff`,
}

// Code that cannot be interrupted is never called cancelled while it runs: the statement stays
// cancelling, and its output and the session's log say why. The session ends all the same when it
// is told to, after its grace.
func TestInterrupts_OfCodeThatCannotStop_SaySoAndTheSessionCanBeEnded(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h, "-stop-grace", "2s")
	l := s.Livy()
	for kind, code := range heedlessCodes {
		t.Run(kind, func(t *testing.T) {
			id := l.Create(t, map[string]any{"kind": kind})
			started := filepath.Join(h.Dir, kind+".started")
			number := l.Submit(t, id, kind, fmt.Sprintf(code, started))
			waits := l.Submit(t, id, kind, "1")
			harness.WaitFile(t, started)
			l.Cancel(t, id, number)
			harness.Wait(t, "the statement to say that it goes on", func() bool {
				return strings.Contains(told(t, h, id, number+1), "does not heed the interrupt")
			})
			if log := strings.Join(faults{h, l, id}.log(t), "\n"); !strings.Contains(log, "a statement goes on in spite of its interrupt") {
				t.Errorf("the session's log says\n%s", log)
			}
			if st := l.Statement(t, id, number); st.State != "cancelling" {
				t.Errorf("the statement is %s", st.State)
			}
			if st := l.Statement(t, id, waits); st.State != "waiting" {
				t.Errorf("the statement behind it is %s", st.State)
			}
			if state := l.State(t, id); state != "busy" {
				t.Errorf("the session is %s", state)
			}
			if status := l.Call(t, "DELETE", fmt.Sprintf("/sessions/%d", id), nil, nil); status != http.StatusOK {
				t.Errorf("delete: %d", status)
			}
			harness.Wait(t, "every process of the session to be gone", func() bool { return len(h.Processes(t)) == 0 })
		})
	}
	s.Terminate(t)
}
