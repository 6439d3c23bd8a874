package jvm_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/kernel"
)

// extraJar is a jar with extra.Thing in it.
func extraJar(t *testing.T, rt spark.Runtime) string {
	t.Helper()
	dir := t.TempDir()
	jar, source := filepath.Join(dir, "extra.jar"), filepath.Join(dir, "Thing.scala")
	write(t, source, []byte("package extra\nobject Thing { def answer = 42 }\n"))
	out, err := exec.Command(rt.Java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", strings.Join(rt.ClassPath, ":"),
		"scala.tools.nsc.Main", "-usejavacp", "-d", jar, source).CombinedOutput()
	if err != nil {
		t.Fatalf("scalac: %v\n%s", err, out)
	}
	return jar
}

func (s *session) addFile(kind engine.FileKind, path string) string {
	s.send(kernel.Frame{Type: kernel.AddFile, ID: 9, Name: string(kind), Text: path})
	return s.await(kernel.Added).Text
}

// testFiles adds files between Scala statements.
func testFiles(t *testing.T, s *session, rt spark.Runtime) {
	scala := func(number int64, code string) string {
		s.send(kernel.Frame{Type: kernel.Execute, Stmt: number, Lang: engine.Scala, Limit: 1 << 20, Code: code})
		return s.await(kernel.Result).Data["text/plain"]
	}
	scala(95, "val before = 1")
	jar := extraJar(t, rt)
	for range 2 {
		if wrong := s.addFile(engine.FileJar, jar); wrong != "" {
			t.Errorf("the jar was not added: %s", wrong)
		}
	}
	const sum = "sc.parallelize(1 to 2, 2).map(_ + extra.Thing.answer).collect().sum + before"
	if got := scala(96, sum); !strings.HasSuffix(got, "Int = 88") {
		t.Errorf("the value is %q", got)
	}
	if wrong := s.addFile(engine.FilePlain, filepath.Join(filepath.Dir(jar), "Thing.scala")); wrong != "" {
		t.Errorf("the file was not added: %s", wrong)
	}
	if got := scala(97, `new java.io.File(org.apache.spark.SparkFiles.get("Thing.scala")).exists`); !strings.HasSuffix(got, "Boolean = true") {
		t.Errorf("the value is %q", got)
	}
	if wrong := s.addFile(engine.FileJar, "/nothing/there.jar"); !strings.Contains(wrong, "there.jar") {
		t.Errorf("a jar that is not there: %q", wrong)
	}
}
