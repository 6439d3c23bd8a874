package py_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPython runs the kernel's Python tests with the python3 of the machine, where IPython may be
// absent, and with the environment of HEARTH_TEST_VENV. HEARTH_TEST_RACES sets how often races are
// run.
func TestPython(t *testing.T) {
	pythons := map[string]string{}
	if python, err := exec.LookPath("python3"); err == nil {
		pythons["machine"] = python
	}
	if venv := os.Getenv(venvVar); venv != "" {
		pythons["runtime"] = filepath.Join(venv, "bin", "python")
	}
	if len(pythons) == 0 {
		t.Skipf("NOT TESTED: the Python kernel needs python3 on PATH, or %s", venvVar)
	}
	for name, python := range pythons {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), python, "-m", "unittest", "-v")
			cmd.Dir = "tests"
			cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "NOT TESTED") {
					t.Log(strings.TrimSpace(line))
				}
			}
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			t.Logf("%s; %s", lines[len(lines)-3], lines[len(lines)-1])
		})
	}
}
