//go:build e2e

package integration_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
	"hearth/internal/session"
	"hearth/test/harness"
)

const (
	// streamedPerRound times $STRESS is how many statements a stream has.
	streamedPerRound = 100
	// ahead is how many of them wait or run at a time.
	ahead = 20
	// longestLife is how long a server lives before it is killed.
	longestLife = 1500 * time.Millisecond
	pollEvery   = 5 * time.Millisecond
)

// saying is a kind of statement: its code, in which {n} is its number, and the lines it prints,
// each behind that number.
type saying struct {
	kind, code string
	lines      int
}

var sayings = []saying{
	{"pyspark", "mark('begin', {n})\nfor i in range(20): print({n}, i)\nmark('end', {n})\n{n}", 20},
	{"pyspark", "mark('begin', {n})\nfor i in range(5000): print({n}, i)\nmark('end', {n})\n{n}", 5000},
	{"pyspark", "mark('begin', {n})\nfor i in range(5): print({n}, i); time.sleep(0.05)\nmark('end', {n})\n{n}", 5},
	{"pyspark", "mark('begin', {n})\n_ = subprocess.run('for i in 0 1 2 3; do echo {n} $i; done', shell=True)\nmark('end', {n})\n{n}", 4},
	{"pyspark", "mark('begin', {n})\nfor i in range(20): sc._jvm.System.out.println('{n} %d' % i)\nmark('end', {n})\n{n}", 20},
	{"pyspark", "mark('begin', {n})\nx = spark.range({n}).count()\nmark('end', {n})\nx", 0},
	{"spark", "mark(\"begin\", {n})\nfor (i <- 0 until 20) println(s\"{n} $i\")\nmark(\"end\", {n})", 20},
	{"spark", "mark(\"begin\", {n})\nfor (i <- 0 until 2000) println(s\"{n} $i\")\nmark(\"end\", {n})", 2000},
	{"sql", "select mark('end', mark('begin', {n}))", 0},
}

func (y saying) of(n int64) string { return strings.ReplaceAll(y.code, "{n}", fmt.Sprint(n)) }

func (y saying) printed(n int64) string {
	var b strings.Builder
	for i := range y.lines {
		fmt.Fprintln(&b, n, i)
	}
	return b.String()
}

// stream is a client that goes on whatever happens to the server, and repeats no statement that was
// accepted.
type stream struct {
	session                    int64
	said                       []saying // by number
	first, next, ended, submit int64
}

func TestKillServer_OverAStreamOfStatements_NothingIsLostDoubledOrReordered(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	c := &stream{session: s.Livy().Create(t, map[string]any{"kind": "shared"})}
	g := newLedger(t, h, s.Livy(), c.session)
	c.first = s.Livy().Count(t, c.session)
	c.next, c.ended, c.submit = c.first, c.first, c.first+int64(streamedPerRound*stress(t))
	for n := range c.submit {
		c.said = append(c.said, sayings[(int(n)+random.IntN(2))%len(sayings)])
	}

	kills := 0
	for ; ; kills++ {
		death := time.AfterFunc(time.Duration(random.Int64N(int64(longestLife))), func() { _ = syscall.Kill(s.PID(), syscall.SIGKILL) })
		if c.run(t, s.Livy()) && death.Stop() {
			break
		}
		<-s.Done()
		s = harness.Start(t, h)
		c.recall(t, s.Livy())
	}
	t.Logf("%d statements, %d kills", c.submit-c.first, kills)
	if kills < 2*stress(t) {
		t.Error("too few kills to show anything")
	}
	c.checkStore(t, h)
	c.checkSpool(t, h)
	c.checkLedger(t, g.read(t))
	s.Terminate(t)
}

// run submits and waits until the server dies or everything has ended.
func (c *stream) run(t *testing.T, l harness.Livy) bool {
	t.Helper()
	for c.ended < c.submit {
		var st harness.LivyStatement
		path, want := fmt.Sprintf("/sessions/%d/statements", c.session), http.StatusCreated
		submits := c.next < c.submit && c.next-c.ended < ahead
		var status int
		var err error
		if submits {
			y := c.said[c.next]
			status, err = l.Try("POST", path, map[string]string{"kind": y.kind, "code": y.of(c.next)}, &st)
		} else {
			want = http.StatusOK
			status, err = l.Try("GET", fmt.Sprintf("%s/%d", path, c.ended), nil, &st)
		}
		switch {
		case err != nil:
			return false
		case status != want:
			t.Fatalf("%d of %d: %d", c.ended, c.next, status)
		case submits && st.ID != c.next:
			t.Fatalf("statement %d got the number %d", c.next, st.ID)
		case submits:
			c.next++
		case st.Final():
			c.ended++
		default:
			time.Sleep(pollEvery)
		}
	}
	return true
}

// recall finds out whether the statement was accepted whose answer never came.
func (c *stream) recall(t *testing.T, l harness.Livy) {
	t.Helper()
	switch count := l.Count(t, c.session); count {
	case c.next:
	case c.next + 1:
		c.next++
	default:
		t.Fatalf("the session has %d statements, not %d", count, c.next)
	}
}

// checkStore demands of the server's memory that each statement ended well, with its own output
// from the first line to the last.
func (c *stream) checkStore(t *testing.T, h harness.Home) {
	t.Helper()
	reader, s := open(t, h), stored(t, h, c.session)
	for n := c.first; n < c.submit; n++ {
		st, err := reader.Statement(t.Context(), s.ID, n+1)
		if err != nil {
			t.Fatal(err)
		}
		if st.State != session.StatementDone || st.Error != nil || !strings.Contains(fmt.Sprint(st.Result), fmt.Sprint(n)) {
			t.Errorf("statement %d is %s with %v, %v", n, st.State, st.Result, st.Error)
		}
		output, err := reader.Output(t.Context(), s.ID, n+1)
		if err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		last := uint64(0)
		for _, o := range output {
			if o.Seq <= last {
				t.Errorf("statement %d has output %d after %d", n, o.Seq, last)
			}
			last = o.Seq
			printed.WriteString(o.Text)
		}
		if want := c.said[n].printed(n); printed.String() != want {
			t.Errorf("statement %d printed %d bytes of %d", n, printed.Len(), len(want))
		}
	}
}

// checkSpool fails the test unless the events that the instance keeps are numbered without a gap to
// the last one, and each statement that begins in them prints all its lines and ends, one after the
// other in the order of submission.
func (c *stream) checkSpool(t *testing.T, h harness.Home) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(h.Data(), "instances", "*", "spool"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("spools: %v, %v", paths, err)
	}
	first, err := spool.First(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	last, begun := first-1, first == 1
	var ended int64 // number of the instance, from 1
	var printed strings.Builder
	err = spool.Replay(paths[0], last, func(e engine.Event) error {
		if last++; e.Seq != last {
			return fmt.Errorf("event %d in place of %d", e.Seq, last)
		}
		if !begun && ended == 0 && e.Statement != 0 {
			ended = e.Statement - 1 // it began in what was trimmed
		}
		if e.Statement != 0 && e.Statement != ended+1 {
			return fmt.Errorf("%s of statement %d when %d had ended", e.Kind, e.Statement, ended)
		}
		switch e.Kind {
		case engine.EventStream:
			printed.WriteString(e.Text)
		case engine.EventResult:
			ended++
			if n := ended - 1; begun && n >= c.first && printed.String() != c.said[n].printed(n) {
				return fmt.Errorf("statement %d printed %d bytes of %d", n, printed.Len(), len(c.said[n].printed(n)))
			}
			printed.Reset()
			begun = true
		}
		return nil
	})
	if err != nil || ended != c.submit {
		t.Errorf("%d of %d statements in the spool: %v", ended, c.submit, err)
	}
}

// checkLedger demands of the machine that each statement ran once, one after the other.
func (c *stream) checkLedger(t *testing.T, got []entry) {
	t.Helper()
	for n := c.first; n < c.submit; n++ {
		i := 2 * (n - c.first)
		if i+1 >= int64(len(got)) || got[i] != (entry{"begin", n}) || got[i+1] != (entry{"end", n}) {
			t.Fatalf("in the place of statement %d the ledger has %v", n, got[min(i, int64(len(got))):min(i+2, int64(len(got)))])
		}
	}
	if extra := int64(len(got)) - 2*(c.submit-c.first); extra != 0 {
		t.Errorf("the ledger has %d lines too many", extra)
	}
}
