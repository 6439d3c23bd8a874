//go:build e2e

package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hearth/test/harness"
)

// Each part is a fault of a server of Spark sessions that is in use today, named by what must not
// happen. docs/faults.md has the list, and where the faults that need more than one session are
// tested.
func TestFaults_OfPeers_AreNotOurs(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	f := faults{h, s.Livy(), s.Livy().Create(t, map[string]any{"kind": "shared"})}
	f.text(t, "pyspark", "import os, sys, threading, time")
	for _, part := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"OutputOfAFailedStatement_StaysWithIt", f.outputStays},
		{"Cancelled_IsSaidWhenTheCodeHasStopped", f.cancelledMeansStopped},
		{"ScalaCells_AreRunWhole", f.wholeCells},
		{"Streams_AreApartInOrderAndThereWhileTheCodeRuns", f.streams},
		{"OldStatementsAndLines_StayReadable", f.nothingForgotten},
		{"InterruptOfPython_LeavesOtherJobsOfTheDriverAlone", f.otherJobs},
	} {
		t.Run(part.name, part.run)
	}
	s.Terminate(t)
}

// faults is a session that the parts share.
type faults struct {
	home    harness.Home
	livy    harness.Livy
	session int64
}

func (f faults) text(t *testing.T, kind, code string) string {
	t.Helper()
	return f.livy.Text(t, f.session, kind, code)
}

func (f faults) outputStays(t *testing.T) {
	for kind, code := range map[string]string{
		"pyspark": `print("one"); raise ValueError(1)`,
		"spark":   `println("one"); sys.error("1")`,
	} {
		st := f.livy.Finish(t, f.session, f.livy.Submit(t, f.session, kind, code))
		if st.Output == nil || st.Output.Status != "error" || fmt.Sprint(st.Output.Data["text/plain"]) != "one" {
			t.Errorf("%s: the failed statement shows %+v", kind, st.Output)
		}
		if got := f.text(t, kind, "2"); strings.Contains(got, "one") || !strings.Contains(got, "2") {
			t.Errorf("%s: the next statement says %q", kind, got)
		}
	}
}

// The loop counts into a file: when it is called cancelled, nothing counts.
func (f faults) cancelledMeansStopped(t *testing.T) {
	counts := filepath.Join(f.home.Dir, "counts")
	number := f.livy.Submit(t, f.session, "pyspark", fmt.Sprintf("file = open(%q, 'w', 1)\nwhile True: file.write('1\\n')", counts))
	next := f.livy.Submit(t, f.session, "pyspark", fmt.Sprintf("os.stat(%q).st_size", counts))
	harness.WaitFile(t, counts)
	f.livy.Cancel(t, f.session, number)
	if st := f.livy.Finish(t, f.session, number); st.State != "cancelled" {
		t.Fatalf("the loop is %s", st.State)
	}
	then := size(t, counts)
	st := f.livy.Finish(t, f.session, next)
	if got := st.Output.Data["text/plain"]; got != fmt.Sprint(then) || size(t, counts) != then {
		t.Errorf("the file had %d bytes when the loop was called cancelled, then %v, then %d", then, got, size(t, counts))
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func (f faults) wholeCells(t *testing.T) {
	for code, want := range map[string]string{
		"val n = 3\nif (n > 5) \"more\"\nelse \"less\"":                                                  "less",
		"Seq(1, 2, 3)\n  .map(_ + 1)\n  .sum":                                                            "9",
		"case class Pair(a: Int, b: Int)\nobject Pair { def twice(n: Int) = Pair(n, n) }\nPair.twice(4)": "Pair(4,4)",
		"val last = 7\nlast * 6\n// and a comment behind it":                                             "42",
	} {
		if got := f.text(t, "spark", code); !strings.HasSuffix(got, "= "+want+"\n") {
			t.Errorf("%s\nsays %q", code, got)
		}
	}
}

func (f faults) streams(t *testing.T) {
	leave := filepath.Join(f.home.Dir, "leave")
	const code = `print("first")
print("second", file=sys.stderr)
os.system("echo third")
print("fourth", file=sys.stderr)
while not os.path.exists(%q): time.sleep(0.01)`
	number := f.livy.Submit(t, f.session, "pyspark", fmt.Sprintf(code, leave))
	const want = "stdout| first\nstderr| second\nstdout| third\nstderr| fourth\n"
	var got string
	harness.Wait(t, "four lines while the code runs", func() bool {
		got = told(t, f.home, f.session, number+1)
		return strings.Count(got, "std") >= 4
	})
	if got != want+"state| running\n\n" {
		t.Errorf("while it runs it says\n%s", got)
	}
	if err := os.WriteFile(leave, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f.livy.Finish(t, f.session, number)
	if got := told(t, f.home, f.session, number+1); got != want+"\n" {
		t.Errorf("in the end it says\n%s", got)
	}
}

// More statements and lines than a server keeps that counts them.
const (
	manyStatements = 120
	manyLines      = 300
)

func (f faults) nothingForgotten(t *testing.T) {
	written := filepath.Join(f.home.Dir, "written")
	// What a thread prints that outlives its statement goes into the session's log.
	const code = `go = threading.Event()
def tell():
    go.wait()
    for i in range(%d): print("line", i)
    open(%q, "w").close()
threading.Thread(target=tell).start()`
	first := f.livy.Submit(t, f.session, "pyspark", fmt.Sprintf(code, manyLines, written)+"\n'the first of many'")
	var last int64
	for i := range manyStatements {
		last = f.livy.Submit(t, f.session, "pyspark", fmt.Sprint(i))
	}
	f.livy.Finish(t, f.session, last)
	f.text(t, "pyspark", "go.set()")
	harness.WaitFile(t, written)

	if got := f.livy.Statement(t, f.session, first); got.Output == nil || got.Output.Data["text/plain"] != "'the first of many'" {
		t.Errorf("%d statements later the first says %+v", manyStatements, got.Output)
	}
	if got := f.livy.Count(t, f.session); got != last+2 {
		t.Errorf("the session lists %d statements, want %d", got, last+2)
	}
	prefix := fmt.Sprintf("[statement %d] ", first+1)
	var want []string
	for i := range manyLines {
		want = append(want, fmt.Sprint(prefix, "line ", i))
	}
	var got []string
	harness.Wait(t, "the lines to be in the log", func() bool {
		got = slices.DeleteFunc(f.log(t), func(line string) bool { return !strings.HasPrefix(line, prefix) })
		return len(got) >= manyLines
	})
	if !slices.Equal(got, want) {
		t.Errorf("the log has %d lines of %d: %v", len(got), manyLines, got)
	}
}

func (f faults) log(t *testing.T) []string {
	t.Helper()
	var answer struct{ Log []string }
	f.livy.Call(t, "GET", fmt.Sprintf("/sessions/%d/log?from=0&size=-1", f.session), nil, &answer)
	return answer.Log
}

// The job of a thread that an earlier statement started goes on when a later statement is
// cancelled, which PySpark's own handler of the signal ends.
func (f faults) otherJobs(t *testing.T) {
	runs, leave := filepath.Join(f.home.Dir, "job.runs"), filepath.Join(f.home.Dir, "job.leave")
	started := filepath.Join(f.home.Dir, "sleep.started")
	const code = `def held(n):
    open(%q, "w").close()
    while not os.path.exists(%q): time.sleep(0.01)
    return n
sums = []
job = threading.Thread(target=lambda: sums.append(sc.parallelize([40, 2], 1).map(held).sum()))
job.start()`
	f.text(t, "pyspark", fmt.Sprintf(code, runs, leave))
	harness.WaitFile(t, runs)
	number := f.livy.Submit(t, f.session, "pyspark", fmt.Sprintf("open(%q, 'w').close()\ntime.sleep(3600)", started))
	harness.WaitFile(t, started)
	f.livy.Cancel(t, f.session, number)
	if st := f.livy.Finish(t, f.session, number); st.State != "cancelled" {
		t.Errorf("the sleep is %s", st.State)
	}
	if err := os.WriteFile(leave, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := f.text(t, "pyspark", "job.join(); sums"); got != "[42]" {
		t.Errorf("the job of the thread left %s", got)
	}
}
