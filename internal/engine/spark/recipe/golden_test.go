package recipe

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// kernelDir matches the directory of the Python kernel, which has a hash in its name.
var kernelDir = regexp.MustCompile(`"[^"]*/kernels/py-[0-9a-f]+"`)

func TestPlan_IsThatOfTheGoldenFile(t *testing.T) {
	main := filepath.Join(t.TempDir(), "main.py")
	if err := os.WriteFile(main, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"session_id": "s1", "dialect": "glue"}
	for name, s := range map[string]engine.Spec{
		"session": {
			Labels: labels, Notes: []string{"granted"},
			Setup: engine.Setup{Language: engine.Python, Args: []string{"--x", "1"}, Env: map[string]string{"PYTHONPATH": "theirs", "SPARK_HOME": "reserved"}},
		},
		"session-with-modules": {
			Labels: labels,
			Launch: engine.Launch{Formats: []string{"delta"}},
			Setup:  engine.Setup{Language: engine.Scala, PythonModules: []string{"a==1"}, PipOptions: []string{"--upgrade"}, Degrade: true},
		},
		"batch": {Labels: labels, Launch: engine.Launch{Batch: &engine.Batch{Main: main, Args: []string{"in", "out"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, err := planFor(t, s, "HOME=/home/u", "LC_ALL=C", "AWS_SECRET_ACCESS_KEY=hidden", "PIP_FIND_LINKS=wheels")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", encoded(t, p, main))
		})
	}
}

// encoded returns a plan as JSON, with paths that are the same on every machine and without the
// contents of files, which have golden files of their own.
func encoded(t *testing.T, p supervise.Plan, main string) []byte {
	t.Helper()
	var files []string
	for _, f := range p.Files {
		files = append(files, f.Path)
	}
	text, err := json.MarshalIndent(map[string]any{"launch": p.Launch, "head": p.Head, "dirs": p.Dirs, "files": files}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = kernelDir.ReplaceAll(text, []byte(`"/data/kernels/py"`))
	return append(regexp.MustCompile(regexp.QuoteMeta(main)).ReplaceAll(text, []byte("/main.py")), '\n')
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; see it with go test -update and git diff. Got:\n%s", file, got)
	}
}
