package recipe

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hearth/internal/engine"
)

const password = "hunter2"

// pipOptions has the password of an index in each way of writing an option.
func pipOptions() []string {
	return []string{"--index-url", "http://bob:" + password + "@host/simple", "--extra-index-url=http://eve:" + password + "@host/ü simple", "-U"}
}

// call is one run of the stub of pip: its arguments, its command line and that of its parent.
type call struct{ Arguments, Lines []string }

// install runs the step of a plan with a stub of pip and returns the calls of it. Files are
// written as the local engine writes them.
func install(t *testing.T, environ ...string) ([]call, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED: the installation of modules needs python3 on PATH")
	}
	stub, err := filepath.Abs(filepath.Join("testdata", "stub"))
	if err != nil {
		t.Fatal(err)
	}
	p, dir, err := planFor(t, engine.Spec{Setup: engine.Setup{PythonModules: []string{"a"}, PipOptions: pipOptions()}})
	if err != nil {
		t.Fatal(err)
	}
	root, step := t.TempDir(), p.Launch.Processes[1].Before[0]
	here := func(path string) string { return strings.Replace(path, dir.Run(), root, 1) }
	for _, f := range p.Files {
		if err := os.WriteFile(here(f.Path), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var args []string
	for _, a := range step.Argv[1:] {
		args = append(args, here(a))
	}
	scratch, record := t.TempDir(), filepath.Join(root, "record")
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Dir = root
	cmd.Env = slices.Concat(os.Environ(), []string{"PYTHONPATH=" + stub, "PYTHONDONTWRITEBYTECODE=1", "STUB_RECORD=" + record, "TMPDIR=" + scratch}, environ)
	out, runErr := cmd.CombinedOutput()
	t.Logf("%s", out)
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v, %v", left, err)
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	for line := range strings.Lines(string(text)) {
		var c call
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls, runErr
}

func TestInstall_PasswordOfAnIndex_IsInNoCommandLine(t *testing.T) {
	for name, version := range map[string]string{"says what is missing": "23.2.1", "cannot say it": "21.0"} {
		t.Run(name, func(t *testing.T) {
			calls, err := install(t, "STUB_PIP="+version)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"23.2.1": 4, "21.0": 2}[version]
			if len(calls) != want {
				t.Fatalf("pip ran %d times, want %d", len(calls), want)
			}
			for _, c := range calls {
				if !strings.Contains(strings.Join(c.Arguments, " "), password) {
					t.Errorf("pip lacks the password: %q", c.Arguments)
				}
				for _, line := range c.Lines {
					if line == "" || strings.Contains(line, password) {
						t.Errorf("a command line is %q", line)
					}
				}
			}
		})
	}
}

func TestInstall_Options_ReachPipAsTheyAre(t *testing.T) {
	calls, err := install(t)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range calls {
		build := i%2 == 1
		if at := slices.Index(c.Arguments, "--index-url"); !build && (at < 0 || !slices.Equal(c.Arguments[at:at+4], pipOptions())) {
			t.Errorf("pip has the arguments %q, want %q among them", c.Arguments, pipOptions())
		}
		if build && (c.Arguments[0] != "install" || c.Arguments[len(c.Arguments)-1] != "backend") {
			t.Errorf("the pip of a build has the arguments %q", c.Arguments)
		}
	}
}

func TestInstall_PipThatFails_FailsTheStep(t *testing.T) {
	calls, err := install(t, "STUB_EXIT=3")
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() == 0 {
		t.Errorf("the step ends with %v after %d calls, want a failure", err, len(calls))
	}
}

func TestPlan_PasswordOfAnIndex_IsInNoCommandLineAndNoEnvironment(t *testing.T) {
	p, _, err := planFor(t, engine.Spec{Setup: engine.Setup{PythonModules: []string{"a"}, PipOptions: pipOptions()}})
	if err != nil {
		t.Fatal(err)
	}
	launch, err := json.Marshal(p.Launch)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(launch), password) {
		t.Errorf("the launch holds the password: %s", launch)
	}
}
