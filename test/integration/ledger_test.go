//go:build e2e

package integration_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/test/harness"
)

// ledger is a file in which each statement writes when it begins and when it ends: what really ran,
// beside what the API says of it.
type ledger struct{ path string }

// newLedger defines `mark` in every language of the session.
func newLedger(t *testing.T, h harness.Home, l harness.Livy, session int64) ledger {
	t.Helper()
	g := ledger{filepath.Join(h.Dir, "ledger")}
	l.Text(t, session, "pyspark", fmt.Sprintf(`
import os, subprocess, threading, time
def mark(what, n):
    with open(%q, "ab", 0) as ledger: ledger.write(b"%%s %%d\n" %% (what.encode(), n))`, g.path))
	l.Text(t, session, "spark", fmt.Sprintf(`
import java.nio.file.{Files, Paths, StandardOpenOption => Open}
def mark(what: String, n: Int): Int = {
  Files.write(Paths.get(%q), s"$what $n\n".getBytes, Open.CREATE, Open.APPEND); n
}
spark.udf.register("mark", udf((what: String, n: Int) => mark(what, n)).asNondeterministic)`, g.path))
	return g
}

// entry is one line of the ledger.
type entry struct {
	what string
	n    int64
}

// await waits until an entry is there, or for the end of ctx. It looks often: who waits for it
// means that very moment.
func (g ledger) await(ctx context.Context, e entry) {
	line := fmt.Sprintf("%s %d", e.what, e.n)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		text, _ := os.ReadFile(g.path) // the first statement makes it
		if slices.Contains(strings.Split(string(text), "\n"), line) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (g ledger) read(t *testing.T) []entry {
	t.Helper()
	text, err := os.ReadFile(g.path)
	if err != nil {
		t.Fatal(err)
	}
	var all []entry
	for line := range strings.Lines(string(text)) {
		var e entry
		if _, err := fmt.Sscanf(line, "%s %d\n", &e.what, &e.n); err != nil {
			t.Fatalf("the ledger has a line %q", line)
		}
		all = append(all, e)
	}
	return all
}
