//go:build e2e

package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"hearth/test/harness"
)

// Bounds in MiB. What 20 MB of output may cost whoever passes it on is bounded by batches, not by
// the output; what a reader costs, by a few copies of it.
const (
	passingOn      = 32
	smallProcess   = 32
	readingAtATime = 256
)

func TestLargeResults_ArriveWhole_AndGrowNeitherServerNorSupervisor(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	harness.Create(t, s.Glue(), "large")
	finish := func() { harness.Text(t, s.Glue(), "large", "None") }
	harness.Text(t, s.Glue(), "large", "'x' * 1_000_000")
	server, supervisor := s.PID(), h.Find(t, "supervisor").PID
	harness.ResetPeak(t, server)
	harness.ResetPeak(t, supervisor)
	before := harness.Peak(t, server)

	x := strings.Repeat("x", 20_000_000)
	var lines strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&lines, "line %d\n", i)
	}
	want := map[int32]string{
		harness.Submit(t, s.Glue(), "large", "type('R', (), {'__repr__': lambda self: 'x' * 20_000_000})()"): x,
		harness.Submit(t, s.Glue(), "large", "print('x' * 20_000_000)"):                                      x,
		harness.Submit(t, s.Glue(), "large", "for i in range(100_000): print('line', i)"):                    strings.TrimSpace(lines.String()),
	}
	finish()
	grown := harness.Peak(t, server) - before
	t.Logf("server %d MiB, at most %d more while 41 MB passed; supervisor at most %d", before, grown, harness.Peak(t, supervisor))
	if grown > passingOn {
		t.Errorf("the server grew by %d MiB while it stored what statements said", grown)
	}
	if peak := harness.Peak(t, supervisor); peak > smallProcess {
		t.Errorf("the supervisor held %d MiB", peak)
	}

	for range 3 {
		for number, text := range want {
			st := harness.Statement(t, s.Glue(), "large", number)
			if got := harness.Shown(t, st); got != text {
				t.Fatalf("statement %d has %d bytes of %d", number, len(got), len(text))
			}
		}
	}
	grown = harness.Peak(t, server) - before
	t.Logf("at most %d MiB more while nine large statements were read", grown)
	if grown > readingAtATime {
		t.Errorf("the server grew by %d MiB while large statements were read one by one", grown)
	}
	s.Terminate(t)
}
