package recipe

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/runtimes"
)

// planFor plans an instance of a made-up runtime.
func planFor(t *testing.T, s engine.Spec, environ ...string) (supervise.Plan, supervise.Dir, error) {
	t.Helper()
	dir := supervise.Dir("/instance")
	recipe := New(Config{
		DataDir: t.TempDir(),
		Open: func(name string) (*runtimes.Installed, error) {
			if name != "spark-0" {
				return nil, runtimes.ErrNotInstalled
			}
			return &runtimes.Installed{
				Name: name, Spark: "3.5.7", Java: "java", JavaMajor: 17, Python: "python", SparkHome: "home",
				ClassPath: []string{"spark.jar", "agent.jar"}, Packages: map[string]string{"pyspark": "3.5.7", "numpy": "1"},
				Archive: "classes.jsa", ArchiveKind: runtimes.ArchiveAppCDS, Dir: "runtime",
			}, nil
		},
		Machine: spark.Machine{Cores: 4, MemoryMB: 16384}, Environ: environ,
	})
	s.ID, s.Launch.Runtime = "i1", orElse(s.Launch.Runtime, "spark-0")
	p, err := recipe.Plan(t.Context(), s, dir)
	return p, dir, err
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func TestAdmit_DirectoryThatSparkFills_IsOneThatTheServerOpens(t *testing.T) {
	open := func(path string) bool { return strings.HasPrefix(path, "/srv/") }
	for dir, admitted := range map[string]bool{"/srv/w": true, "file:/srv/w": true, "w": true, "s3a://b/w": true, "/etc": false, "file:///etc": false} {
		s := engine.Spec{Setup: engine.Setup{Conf: map[string]string{"spark.sql.warehouse.dir": dir}}}
		_, err := New(Config{MayFill: open}).Admit(t.Context(), s)
		if (err == nil) != admitted || err != nil && (!errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), "-files")) {
			t.Errorf("%s: %v, admitted %v", dir, err, admitted)
		}
	}
	if _, err := New(Config{}).Admit(t.Context(), engine.Spec{Setup: engine.Setup{Conf: map[string]string{"spark.eventLog.dir": "/srv"}}}); err == nil {
		t.Error("a recipe that opens nothing admits a directory")
	}
}

func TestPlan_WithEventLogs_KeepsThemBesideTheLogOfTheInstance(t *testing.T) {
	for enabled, kept := range map[string]bool{"true": true, "false": false} {
		p, dir, err := planFor(t, engine.Spec{Setup: engine.Setup{Conf: map[string]string{"spark.eventLog.enabled": enabled}}})
		if err != nil || slices.Contains(p.Dirs, filepath.Join(string(dir), "events")) != kept {
			t.Errorf("enabled %s: directories %v, %v", enabled, p.Dirs, err)
		}
	}
}

func TestPlan_Session_IsAJVMAndAPythonThatStartTogether(t *testing.T) {
	p, dir, err := planFor(t, engine.Spec{
		Launch: engine.Launch{Formats: []string{"delta"}},
		Setup:  engine.Setup{Args: []string{"--x", "1"}, Env: map[string]string{"PYTHONPATH": "theirs", "SPARK_HOME": "evil"}},
		Labels: map[string]string{"session_id": "s1"},
		Notes:  []string{"granted"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Launch.Processes) != 2 || p.Launch.Processes[0].Role != spark.RoleJVM {
		t.Fatalf("processes: %+v", p.Launch.Processes)
	}
	jvm, python := p.Launch.Processes[0], p.Launch.Processes[1]
	if len(jvm.Before) != 0 || len(python.Before) != 0 {
		t.Error("something is done before the processes start")
	}
	if !slices.Contains(jvm.Argv, "-XX:SharedArchiveFile=classes.jsa") || !slices.Contains(jvm.Argv, "spark.jar:agent.jar") {
		t.Errorf("java is started as %q", jvm.Argv)
	}
	for _, want := range []string{
		"PYTHONPATH=" + filepath.Join(dir.Run(), "overlay") + ":theirs", "SPARK_HOME=home", "HEARTH_SESSION_ID=s1",
		"HEARTH_ARGV_FILE=" + filepath.Join(dir.Run(), "argv.json"), "TMPDIR=" + filepath.Join(dir.Run(), "scratch", "tmp"),
	} {
		if !slices.Contains(python.Env, want) {
			t.Errorf("Python's environment lacks %s: %q", want, python.Env)
		}
	}
	if p.Head[0] != "granted" || !strings.Contains(p.Head[1], "without delta") || !strings.Contains(p.Head[2], "session_id s1") {
		t.Errorf("the log begins %q", p.Head)
	}
	at := slices.IndexFunc(p.Files, func(f supervise.File) bool { return f.Path == filepath.Join(dir.Run(), "argv.json") })
	if at < 0 || string(p.Files[at].Data) != `["--x","1"]` {
		t.Errorf("the file of the arguments is number %d of %v", at, p.Files)
	}
	if p.Launch.Info.Cores == 0 || p.Launch.Info.MemoryMB == 0 {
		t.Errorf("info = %+v", p.Launch.Info)
	}
	if !slices.Equal(p.Launch.Hold, []string{filepath.Join("runtime", "use.lock")}) {
		t.Errorf("holds %q", p.Launch.Hold)
	}
	i := slices.IndexFunc(p.Files, func(f supervise.File) bool { return f.Path == filepath.Join(dir.Run(), "spark.conf") })
	if i < 0 || !strings.Contains(string(p.Files[i].Data), "spark.master") || !slices.Contains(p.Dirs, filepath.Join(dir.Run(), "work")) {
		t.Errorf("files %v, directories %v", p.Files, p.Dirs)
	}
}

func TestPlan_PythonModules_AreInstalledBeforePythonAlone(t *testing.T) {
	p, dir, err := planFor(t, engine.Spec{Setup: engine.Setup{PythonModules: []string{"a==1", "b"}, PipOptions: []string{"--upgrade"}}}, "PIP_FIND_LINKS=here")
	if err != nil {
		t.Fatal(err)
	}
	jvm, python := p.Launch.Processes[0], p.Launch.Processes[1]
	if len(jvm.Before) != 0 || len(python.Before) != 1 {
		t.Fatalf("before the JVM %+v, before Python %+v", jvm.Before, python.Before)
	}
	step := python.Before[0]
	var orders struct {
		Target                 string
		Options, Modules, Keep []string
	}
	at := slices.IndexFunc(p.Files, func(f supervise.File) bool { return f.Path == step.Argv[2] })
	if at < 0 {
		t.Fatalf("%s is not among the files", step.Argv[2])
	}
	if err := json.Unmarshal(p.Files[at].Data, &orders); err != nil {
		t.Fatal(err)
	}
	if orders.Target != filepath.Join(dir.Run(), "overlay") || !slices.Equal(orders.Modules, []string{"a==1", "b"}) ||
		!slices.Equal(orders.Options, []string{"--upgrade"}) || !slices.Equal(orders.Keep, []string{"pyspark==3.5.7"}) {
		t.Errorf("orders: %+v", orders)
	}
	if !slices.Contains(step.Env, "PIP_FIND_LINKS=here") || slices.Contains(python.Env, "PIP_FIND_LINKS=here") {
		t.Error("pip is configured by the server's user, and nothing else is")
	}
}

func TestPlan_WhatCanNeverRun_IsInvalid(t *testing.T) {
	for name, s := range map[string]engine.Spec{
		"runtime":          {Launch: engine.Launch{Runtime: "spark-9"}},
		"jar":              {Launch: engine.Launch{Jars: []string{"/no/such.jar"}}},
		"file":             {Setup: engine.Setup{Files: []string{"/no/such.file"}}},
		"module is option": {Setup: engine.Setup{PythonModules: []string{"-r/etc/passwd"}}},
		"target":           {Setup: engine.Setup{PythonModules: []string{"a"}, PipOptions: []string{"--target=/x"}}},
		"short target":     {Setup: engine.Setup{PythonModules: []string{"a"}, PipOptions: []string{"-t/x"}}},
		"prefix":           {Setup: engine.Setup{PythonModules: []string{"a"}, PipOptions: []string{"--prefix", "/x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := planFor(t, s)
			if e, ok := errors.AsType[*engine.InvalidError](err); !ok || len(e.Text) < 10 {
				t.Errorf("plan = %v, want an InvalidError with a text for the client", err)
			}
		})
	}
}
