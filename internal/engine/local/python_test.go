package local_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/kernel/py"
)

// pythonPlan is the real Python kernel without Spark.
func pythonPlan(t *testing.T) localtest.Recipe {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := py.WriteTo(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, s engine.Spec, d supervise.Dir) (supervise.Plan, error) {
		env := []string{"PATH=" + os.Getenv("PATH"), "HEARTH_NO_SPARK=1", "HEARTH_NO_IPYTHON=1"}
		for k, v := range s.Setup.Env {
			env = append(env, k+"="+v)
		}
		return supervise.Plan{Head: []string{s.NoteLine()}, Launch: supervise.Launch{
			Processes: []supervise.Process{{
				Role: spark.RolePython, Argv: []string{python, dir}, Env: env, Dir: d.Run(), InterruptFirst: true, TakesGateway: true,
				Takes: []engine.FileKind{engine.FilePython},
			}},
			Route: map[engine.Language]string{engine.Python: spark.RolePython},
		}}, nil
	}
}

func TestDriver_PythonKernel_Conformance(t *testing.T) {
	plan := pythonPlan(t)
	enginetest.Exercise(t, func(t *testing.T) enginetest.Fixture {
		return fixture(t, plan, enginetest.Code{
			Language: engine.Python,
			Value:    "1 + 1",
			Print:    "print('hello')",
			Raise:    "raise ValueError('boom')",
			Many:     "for i in range(1000): print(i)",
			Hang:     "import time\nprint('hanging')\nwhile True: time.sleep(60)",
			Crash:    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
			Exit:     "import os\nos._exit(3)",
			Part:     "pri",
			Whole:    "print",
			Orphan:   "import subprocess\nd = subprocess.DEVNULL\nsubprocess.run(['sh', '-c', 'setsid sleep 1000 &'], stdin=d, stdout=d, stderr=d).check_returncode()",
		})
	})
}
