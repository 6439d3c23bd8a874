//go:build e2e

package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/test/harness"
)

// progressCodes run two jobs one after the other, in a job group of their own. Task i of job j
// tells with a file that it runs, and ends when the file {gates}j.i is there.
var progressCodes = map[string]string{
	"pyspark": `import os, time
sc.setJobGroup("mine", "my own jobs", interruptOnCancel=False)
def job(j):
    def held(i):
        open(f"{gates}{j}.runs", "w").close()
        while not os.path.exists(f"{gates}{j}.{i}"): time.sleep(0.02)
        return 1
    return sc.parallelize(range(2), 2).map(held).sum()
both = job(0) + job(1)
sc.getLocalProperty("spark.jobGroup.id"), both`,
	"spark": `sc.setJobGroup("mine", "my own jobs", interruptOnCancel = false)
def job(j: Int) = sc.parallelize(0 until 2, 2).map { i =>
  new java.io.FileOutputStream(s"{gates}$j.runs").close()
  while (!new java.io.File(s"{gates}$j.$i").exists) Thread.sleep(20)
  1
}.sum.toInt
val both = job(0) + job(1)
(sc.getLocalProperty("spark.jobGroup.id"), both)`,
}

// Progress is that of all jobs of a statement, also of those that user code has put into a group of
// its own: it grows, never falls, and is 1.0 when the statement is over and not before, whatever
// jobs come after the first.
func TestProgress_OfJobsInTheUsersOwnGroup_OnlyGrowsAndEndsWithTheStatement(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	l := s.Livy()
	id := l.Create(t, map[string]any{"kind": "shared"})
	for kind, code := range progressCodes {
		t.Run(kind, func(t *testing.T) {
			gates := filepath.Join(h.Dir, kind+".")
			w := &watch{t: t, livy: l, session: id}
			w.number = l.Submit(t, id, kind, strings.ReplaceAll(code, "{gates}", gates))
			open := func(gate string) {
				if err := os.WriteFile(gates+gate, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			open("0.0")
			harness.Wait(t, "progress", func() bool { return w.look().Progress > 0 })
			open("0.1")
			harness.WaitFile(t, gates+"1.runs")
			w.look() // all that the first job had is done
			open("1.0")
			open("1.1")
			var end harness.LivyStatement
			harness.Wait(t, "the end", func() bool { end = w.look(); return end.Final() })
			if end.Progress != 1 || end.Output == nil || !strings.Contains(fmt.Sprint(end.Output.Data["text/plain"]), "4") {
				t.Errorf("in the end: %v, %+v", end.Progress, end.Output)
			}
		})
	}
	s.Terminate(t)
}

// watch looks at the progress of a statement again and again.
type watch struct {
	t               *testing.T
	livy            harness.Livy
	session, number int64
	last            float64
}

func (w *watch) look() harness.LivyStatement {
	w.t.Helper()
	st := w.livy.Statement(w.t, w.session, w.number)
	if st.Progress < w.last || (st.Progress == 1) != st.Final() {
		w.t.Errorf("progress %v after %v of a statement that is %s", st.Progress, w.last, st.State)
	}
	w.last = st.Progress
	return st
}
