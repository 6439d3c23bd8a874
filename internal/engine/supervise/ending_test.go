package supervise

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hearth/internal/engine"
)

func TestFindings_Ends_TellTheCauseApart(t *testing.T) {
	processes := map[string]Process{
		"jvm": {Role: "jvm", Leads: true, OOMText: "java.lang.OutOfMemoryError"}, "python": {Role: "python"},
	}
	signalled := func(role, signal string) processEnd {
		return processEnd{Process: processes[role], code: -1, signal: signal}
	}
	killed := func(role string) processEnd { return signalled(role, "killed") }
	ended := func(role string, code int) processEnd { return processEnd{Process: processes[role], code: code} }
	for _, c := range []struct {
		name    string
		f       findings
		cause   engine.Cause
		process string
	}{
		{"a signal is a crash", findings{ends: []processEnd{killed("python")}, ready: true}, engine.CauseCrashed, "python"},
		{"a kill while the system lacks memory", findings{ends: []processEnd{killed("python")}, ready: true, oom: true}, engine.CauseOutOfMemory, "python"},
		{"another signal while the system lacks memory", findings{ends: []processEnd{signalled("jvm", "aborted")}, ready: true, oom: true}, engine.CauseCrashed, "jvm"},
		{"the JVM gives up for memory", findings{ends: []processEnd{ended("jvm", 3)}, ready: true, lines: []string{"Terminating due to java.lang.OutOfMemoryError: Java heap space"}}, engine.CauseOutOfMemory, "jvm"},
		{"the JVM gives up for memory in the start", findings{ends: []processEnd{ended("jvm", 3)}, lines: []string{"Terminating due to java.lang.OutOfMemoryError: Java heap space"}}, engine.CauseOutOfMemory, "jvm"},
		{"the JVM's log says memory", findings{ends: []processEnd{ended("jvm", 1)}, ready: true, lines: []string{"x java.lang.OutOfMemoryError: Metaspace"}}, engine.CauseOutOfMemory, "jvm"},
		{"System.exit(3) is the user's", findings{ends: []processEnd{ended("jvm", 3)}, ready: true}, engine.CauseExited, "jvm"},
		{"Python's code 3 is the user's", findings{ends: []processEnd{ended("python", 3)}, ready: true}, engine.CauseExited, "python"},
		{"exit() ends cleanly", findings{ends: []processEnd{ended("python", 0)}, ready: true}, engine.CauseExited, "python"},
		{"System.exit takes Python along", findings{ends: []processEnd{ended("python", 1), ended("jvm", 1)}, ready: true}, engine.CauseExited, "jvm"},
		{"a dead JVM takes Python along", findings{ends: []processEnd{ended("python", 1), killed("jvm")}, ready: true}, engine.CauseCrashed, "jvm"},
		{"memory beats whatever follows", findings{ends: []processEnd{signalled("python", "aborted"), ended("jvm", 3)}, ready: true, lines: []string{"Terminating due to java.lang.OutOfMemoryError: Java heap space"}}, engine.CauseOutOfMemory, "jvm"},
		{"an end before ready is a failed start", findings{ends: []processEnd{ended("jvm", 0)}}, engine.CauseFailedStart, "jvm"},
		{"a signal before ready as well", findings{ends: []processEnd{killed("python")}}, engine.CauseFailedStart, "python"},
		{"a batch that ends cleanly", findings{ends: []processEnd{ended("jvm", 0)}, ready: true, batch: true}, engine.CauseCompleted, "jvm"},
		{"a batch's code 3 is the program's", findings{ends: []processEnd{ended("jvm", 3)}, ready: true, batch: true}, engine.CauseExited, "jvm"},
		{
			"a batch without memory",
			findings{ends: []processEnd{ended("jvm", 3)}, ready: true, batch: true, lines: []string{"Terminating due to java.lang.OutOfMemoryError: Java heap space"}},
			engine.CauseOutOfMemory, "jvm",
		},
		{"a batch that is killed", findings{ends: []processEnd{killed("jvm")}, ready: true, batch: true}, engine.CauseCrashed, "jvm"},
		{"a batch that never ran", findings{ends: []processEnd{ended("jvm", 0)}, batch: true}, engine.CauseFailedStart, "jvm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.f.exit(); got.Cause != c.cause || got.Process != c.process || got.Message == "" {
				t.Errorf("exit = %+v, want %s of %s", got, c.cause, c.process)
			}
		})
	}
}

func TestFindings_FailedStartWithFatal_SaysItsWords(t *testing.T) {
	python := processEnd{Process: Process{Role: "python"}, code: 1, fatal: "Py4JJavaError()"}
	for want, f := range map[string]findings{
		"Cannot parse master": {ends: []processEnd{{Process: Process{Role: "jvm"}, code: 1, fatal: "Cannot parse master"}}},
		"Py4JJavaError()":     {ends: []processEnd{python}},
		"No such size: abc":   {ends: []processEnd{python}, leader: "No such size: abc"}, // the JVM is still about to end
	} {
		if got := f.exit().Message; got != want {
			t.Errorf("message = %q, want %q", got, want)
		}
	}
}

func TestLastLines_Log_LeavesOutWhatHearthSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	text := "granted\n" + `time=x level=INFO ` + beginning + "instance_id=1\n" +
		"first\n\ntime=x level=INFO msg=other by=hearth instance_id=1\n" + strings.Repeat("y", 2*lastLineLength) + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := LastLines(path)
	if err != nil || len(lines) != 2 || lines[0] != "first" || len(lines[1]) > lastLineLength+len("…") {
		t.Errorf("LastLines = %q, %v", lines, err)
	}
}

func TestLastLines_LongLog_KeepsItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("a line\n", 100_000)+"the last\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := LastLines(path)
	if err != nil || len(lines) != lastLinesCount || lines[len(lines)-1] != "the last" || slices.Contains(lines, "") {
		t.Errorf("LastLines = %q, %v", lines, err)
	}
}
