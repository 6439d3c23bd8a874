package spark_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; see it with go test -update and git diff. Got:\n%s", file, got)
	}
}

func runtime35() spark.Runtime {
	return spark.Runtime{
		Spark: "3.5.7", Java: "/jdk/bin/java", JavaMajor: 17, Home: "/rt/pyspark", Python: "/rt/bin/python",
		ClassPath: []string{"/rt/jars/a.jar", "/rt/jars/b.jar", "/rt/agent.jar"}, ArchiveFlags: []string{"-XX:SharedArchiveFile=/rt/classes.jsa", "-Xshare:auto"},
		Formats: map[string][]string{"delta": {"/rt/delta/delta-spark.jar"}},
	}
}

func runtime41() spark.Runtime {
	rt := runtime35()
	rt.Spark, rt.JavaMajor, rt.ArchiveFlags = "4.1.4", 25, []string{"-XX:AOTCache=/rt/classes.aot"}
	return rt
}

func dirs() spark.Dirs {
	return spark.Dirs{Work: "/i/work", Scratch: "/i/scratch", Events: "/i/a #events", ConfFile: "/i/spark.conf", LogConfig: "/i/log4j2.properties"}
}

func TestJavaCommand_IsThatOfTheGoldenFile(t *testing.T) {
	plain := runtime41()
	plain.ArchiveFlags, plain.JavaMajor = nil, 17
	tests := map[string]struct {
		rt spark.Runtime
		o  spark.JavaOptions
	}{
		"java-3.5": {runtime35(), spark.JavaOptions{
			Given: spark.Given{Cores: 2, MemoryMB: 2048}, Dirs: dirs(), OutFD: 3,
			Jars: []string{"/files/mine.jar"}, Formats: []string{"delta", "unknown"},
		}},
		"java-4.1":       {runtime41(), spark.JavaOptions{Given: spark.Given{Cores: 8, MemoryMB: 8192}, Dirs: dirs(), OutFD: 3}},
		"java-4.1-plain": {plain, spark.JavaOptions{Given: spark.Given{Cores: 1, MemoryMB: 8192}, Dirs: dirs(), OutFD: 7}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			argv, env := spark.JavaCommand(test.rt, test.o)
			golden(t, name+".txt", strings.Join(argv, "\n")+"\n\n"+strings.Join(env, "\n")+"\n")
		})
	}
}

func TestBatchCommand_IsThatOfTheGoldenFile(t *testing.T) {
	o := spark.JavaOptions{
		Given: spark.Given{Cores: 2, MemoryMB: 2048}, Dirs: dirs(), OutFD: 3,
		Jars: []string{"/files/mine.jar"}, Formats: []string{"delta"},
	}
	for name, batch := range map[string]engine.Batch{
		"batch-python": {Main: "/f/job.py", Args: []string{"--class", "not ours", "a b", ""}},
		"batch-jar":    {Main: "/f/job.jar", Class: "com.example.Job"},
	} {
		t.Run(name, func(t *testing.T) {
			argv, env := spark.BatchCommand(runtime35(), o, batch)
			golden(t, name+".txt", strings.Join(argv, "\n")+"\n\n"+strings.Join(env, "\n")+"\n")
		})
	}
}

func TestJavaCommand_ArchiveStaysValid_BecauseItsClassPathComesFirst(t *testing.T) {
	rt := runtime35()
	argv, _ := spark.JavaCommand(rt, spark.JavaOptions{Dirs: dirs(), Jars: []string{"/files/mine.jar"}, Formats: []string{"delta"}})
	for i, arg := range argv {
		if arg == "-cp" && !strings.HasPrefix(argv[i+1], strings.Join(rt.ClassPath, ":")+":") {
			t.Errorf("class path is %s", argv[i+1])
		}
	}
	if len(rt.ClassPath) != 3 {
		t.Errorf("the runtime's own class path has changed: %v", rt.ClassPath)
	}
}

func TestConf_IsThatOfTheGoldenFile(t *testing.T) {
	given := spark.Given{Cores: 2, MemoryMB: 2048}
	tests := map[string]engine.Spec{
		"conf-plain": {Setup: engine.Setup{AppName: "session-1"}},
		"conf-asked": {
			Launch: engine.Launch{Formats: []string{"delta"}},
			Setup: engine.Setup{AppName: "a=b: #ü\n😀", PyFiles: []string{"/f/a.py", "/f/b.zip"}, Files: []string{"/f/c.txt"}, Conf: map[string]string{
				"spark.master": "yarn", "spark.app.name": "mine", "spark.ui.enabled": "false", "spark.driver.memory": "64g",
				"spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension", "spark.sql.warehouse.dir": "/w",
			}},
		},
		"conf-events": {Setup: engine.Setup{Conf: map[string]string{"spark.eventLog.enabled": " True"}}},
		"conf-batch": {
			Launch: engine.Launch{
				Batch: &engine.Batch{Main: "/f/job.py"}, Jars: []string{"/f/a.jar", "/f/b.jar"},
				Archives: []string{"/f/env.zip#env", "/f/raw.zip"}, Conf: map[string]string{"spark.plugins": "mine"},
			},
			Setup: engine.Setup{AppName: "nightly"},
		},
		"conf-batch-without-ui": {
			Launch: engine.Launch{Batch: &engine.Batch{Main: "/f/job.py"}, Conf: map[string]string{"spark.ui.enabled": "false"}},
			Setup:  engine.Setup{AppName: "nightly"},
		},
	}
	for name, spec := range tests {
		t.Run(name, func(t *testing.T) { golden(t, name+".txt", string(spark.Conf(spec, given, dirs()).Encode())) })
	}
}

func TestConf_WhatTheEngineDecides_NoRequestChanges(t *testing.T) {
	asked := map[string]string{}
	plain := spark.Conf(engine.Spec{Setup: engine.Setup{AppName: "x"}}, spark.Given{Cores: 1, MemoryMB: 512}, dirs())
	for _, p := range plain {
		asked[p.Key] = "changed"
	}
	got := spark.Conf(engine.Spec{Setup: engine.Setup{AppName: "x", Conf: asked}}, spark.Given{Cores: 1, MemoryMB: 512}, dirs())
	for _, key := range []string{"spark.master", "spark.driver.host", "spark.driver.bindAddress", "spark.authenticate", "spark.ui.filters", "spark.ui.port"} {
		if got.Get(key) != plain.Get(key) {
			t.Errorf("%s = %q, want %q", key, got.Get(key), plain.Get(key))
		}
	}
}
