//go:build e2e

// Package integration_test kills things. It runs real Spark behind the built binary, ends the
// server, the JVM, Python or the supervisor at the worst moment, and asks the API what it says
// then, and the machine what is left.
//
// After every test the harness demands that no process, socket, control group or scratch folder of
// its sessions exists any more.
package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"hearth/test/harness"
)

// stress is how often the tests that repeat something repeat it.
func stress(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("STRESS"))
	if os.Getenv("STRESS") == "" {
		return 1
	}
	if err != nil || n < 1 {
		t.Fatalf("STRESS=%q is not a number of rounds", os.Getenv("STRESS"))
	}
	return n
}

// gate is code that counts aloud until it is let go, and the two files by which it says that it
// runs and learns that it may end.
type gate struct{ started, leave string }

func newGate(h harness.Home, name string) gate {
	return gate{filepath.Join(h.Dir, name+".started"), filepath.Join(h.Dir, name+".leave")}
}

func (g gate) code() string {
	return fmt.Sprintf(`
import os, time
count = 0
open(%q, "w").close()
while not os.path.exists(%q):
    print(count)
    count += 1
    time.sleep(0.01)
print("total", count)`, g.started, g.leave)
}

func (g gate) open(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(g.leave, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
