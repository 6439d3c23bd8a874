//go:build e2e

package integration_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hearth/test/harness"
)

// interruptsPerRound times $STRESS is how many statements are interrupted.
const interruptsPerRound = 50

// Kinds of work. Their code marks the ledger with its number, {n}. Endless ones end by a cancel
// alone and mark no end; the others have their number as value.
var (
	endless = []work{
		{"a Python loop", "pyspark", "mark('begin', {n})\nwhile True: pass"},
		{"a Python sleep", "pyspark", "mark('begin', {n})\ntime.sleep(3600)"},
		{"a native wait", "pyspark", "mark('begin', {n})\n__import__('select').select([], [], [])"},
		{"a Python lock", "pyspark", "mark('begin', {n})\nthreading.Event().wait()"},
		{"a process", "pyspark", "mark('begin', {n})\nsubprocess.run(['sleep', '3600'])"},
		{"a print in a loop", "pyspark", "mark('begin', {n})\nwhile True: print({n})"},
		{"a Spark job of Python", "pyspark", "mark('begin', {n})\nspark.range(0, 10**15, 1, 2).selectExpr('sum(id % 7)').collect()"},
		{"a job of Python workers", "pyspark", "mark('begin', {n})\nsc.parallelize(range(4), 2).map(lambda x: time.sleep(3600)).count()"},
		{"a Scala sleep", "spark", "mark(\"begin\", {n})\nwhile (true) Thread.sleep(1)"},
		{"a Scala loop", "spark", "mark(\"begin\", {n})\nwhile (!Thread.interrupted) {}\nthrow new InterruptedException"},
		{"a Scala lock", "spark", "mark(\"begin\", {n})\nnew java.util.concurrent.CountDownLatch(1).await()"},
		{"a Spark job of Scala", "spark", "mark(\"begin\", {n})\nspark.range(0, 1000000000000000L, 1, 2).selectExpr(\"sum(id % 7)\").collect()"},
		{"a query", "sql", "select sum(id % 7) from range(0, 1000000000000000, 1, 2)"},
	}
	brief = []work{
		{"brief Python", "pyspark", "mark('begin', {n})\nmark('end', {n})\n{n}"},
		{"brief Python", "pyspark", "mark('begin', {n})\nmark('end', {n})\n{n}"},
		{"a brief Spark job", "pyspark", "mark('begin', {n})\nx = spark.range({n}).count()\nmark('end', {n})\nx"},
		{"brief Scala", "spark", "mark(\"begin\", {n})\nmark(\"end\", {n})"},
		{"a brief query", "sql", "select mark('end', mark('begin', {n}))"},
	}
)

type work struct{ name, kind, code string }

// try is a statement that was submitted, and whether somebody cancels it.
type try struct {
	work
	n       int64
	endless bool
	victim  bool
	end     harness.LivyStatement
}

func (y try) String() string {
	return fmt.Sprintf("statement %d (%s, victim: %t)", y.n, y.name, y.victim)
}

func TestInterrupts_OfMixedStatements_HitTheirOwnAlone(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	l := s.Livy()
	id := l.Create(t, map[string]any{"kind": "shared"})
	g := newLedger(t, h, l, id)
	l.Text(t, id, "pyspark", "kept = object(); name = repr(kept)")

	var all []try
	left := interruptsPerRound * stress(t)
	for left > 0 {
		row := submitRow(t, random, l, id)
		for _, y := range row {
			if y.victim && left > 0 {
				left--
			}
		}
		cancelVictims(t, random, l, id, g, row)
		for i := range row {
			row[i].end = l.Finish(t, id, row[i].n)
			checkTry(t, row[i])
		}
		if all = append(all, row...); t.Failed() {
			t.Fatalf("the last ones were %v; the ledger says %v", all[max(0, len(all)-12):], g.read(t))
		}
	}
	checkLedger(t, all, g.read(t))
	l.WaitState(t, id, "idle")
	if got := l.Text(t, id, "pyspark", "repr(kept) == name, spark.range(7).count()"); got != "(True, 7)" {
		t.Errorf("the session has changed: %s", got)
	}
	s.Terminate(t)
}

// submitRow submits one to four statements at once. Endless ones are victims, others at times.
func submitRow(t *testing.T, random *rand.Rand, l harness.Livy, id int64) []try {
	var row []try
	for range 1 + random.IntN(4) {
		y := try{work: brief[random.IntN(len(brief))], victim: random.IntN(2) == 0}
		if random.IntN(3) == 0 {
			y = try{work: endless[random.IntN(len(endless))], endless: true, victim: true}
		}
		// A session numbers its statements by itself; the code must know it before.
		y.n = l.Count(t, id)
		if n := l.Submit(t, id, y.kind, strings.ReplaceAll(y.code, "{n}", fmt.Sprint(y.n))); n != y.n {
			t.Fatalf("statement %d got the number %d", y.n, n)
		}
		row = append(row, y)
	}
	return row
}

// cancelVictims cancels in any order: some before they begin, some as they begin, some as they end
// and the next one begins.
func cancelVictims(t *testing.T, random *rand.Rand, l harness.Livy, id int64, g ledger, row []try) {
	for _, i := range random.Perm(len(row)) {
		if !row[i].victim {
			continue
		}
		switch random.IntN(5) {
		case 0: // at once
		case 1:
			pause(random, longestPause)
		case 2:
			atEntry(t, g, entry{"end", row[i].n - 1})
		case 3:
			atEntry(t, g, entry{"end", row[i].n})
		case 4:
			atEntry(t, g, entry{"begin", row[i].n})
			pause(random, longestPause/10)
		}
		l.Cancel(t, id, row[i].n)
	}
}

// longestPause is how long the one who cancels waits for the moment; a victim may stand behind
// another one that is still to be cancelled.
const longestPause = 300 * time.Millisecond

// atEntry returns as soon as the ledger has an entry.
func atEntry(t *testing.T, g ledger, e entry) {
	ctx, cancel := context.WithTimeout(t.Context(), longestPause)
	defer cancel()
	g.await(ctx, e)
}

// pause lets a random time pass: the moment is what is tested.
func pause(random *rand.Rand, longest time.Duration) {
	time.Sleep(time.Duration(random.Int64N(int64(longest))))
}

// checkTry looks at what the API says. A victim may have ended before its cancel came; nothing else
// may differ from a statement that nobody touched.
func checkTry(t *testing.T, y try) {
	t.Helper()
	st := y.end
	if st.State == "cancelled" {
		if !y.victim {
			t.Errorf("%v is cancelled", y)
		}
		return
	}
	if y.endless {
		t.Errorf("%v has ended as %s: %+v", y, st.State, st.Output)
		return
	}
	if st.Output == nil || st.Output.Status != "ok" || !strings.Contains(fmt.Sprint(st.Output.Data), fmt.Sprint(y.n)) {
		t.Errorf("%v is %s with %+v", y, st.State, st.Output)
	}
}

// checkLedger looks at what really ran: each statement at most once, in order, to its end if it was
// not cancelled, and not at all if that came before it began.
func checkLedger(t *testing.T, all []try, ledger []entry) {
	t.Helper()
	marks := map[entry]int{}
	last := int64(-1)
	for _, e := range ledger {
		marks[e]++
		if e.n < last {
			t.Errorf("statement %d ran after %d", e.n, last)
		}
		last = e.n
	}
	ends := map[string]int{}
	for _, y := range all {
		begun, ended := marks[entry{"begin", y.n}], marks[entry{"end", y.n}]
		if begun > 1 || ended > begun {
			t.Errorf("%v began %d times and ended %d times", y, begun, ended)
		}
		switch {
		case y.end.State != "cancelled":
			ends["came to their end"]++
			if ended != 1 {
				t.Errorf("%v is %s and ended %d times", y, y.end.State, ended)
			}
		case y.end.Output == nil:
			ends["never began"]++
			if begun != 0 {
				t.Errorf("%v was cancelled before it began, and began %d times", y, begun)
			}
		default:
			ends["were stopped"]++
		}
	}
	t.Logf("of %d statements %v", len(all), ends)
	if ends["never began"] == 0 || ends["were stopped"] == 0 {
		t.Error("no statement was cancelled before it began, or none while it ran")
	}
}
