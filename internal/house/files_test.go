package house

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// places are texts that bind a file to one machine or one registry. The patterns are written so
// that they do not match themselves.
var places = []struct {
	Pattern *regexp.Regexp
	Reason  string
}{
	{regexp.MustCompile(`/(?:home|Users)/[a-z][a-z0-9_-]*/`), "somebody's home folder"},
	{regexp.MustCompile(`/ro[o]t/`), "root's home folder"},
	{regexp.MustCompile(`/wo[r]k/(?:main|shared)`), "somebody's checkout"},
	{regexp.MustCompile(`/op[t]/wheels`), "a folder of one machine"},
	{regexp.MustCompile(`pypi\.o[r]g|pythonhosted\.o[r]g`), "pip is configured by its user"},
	{regexp.MustCompile(`proxy\.golan[g]\.org|sum\.golan[g]\.org`), "go is configured by its user"},
	{regexp.MustCompile(`registry\.npmj[s]`), "npm is configured by its user"},
	{regexp.MustCompile(`deb\.debia[n]\.org`), "apt is configured by its user"},
}

// hosts are allowed where a program must name the host it talks to.
var hosts = map[string][]string{}

func TestFiles_Tracked_NameNoMachineAndNoRegistry(t *testing.T) {
	for _, file := range tracked(t) {
		body, err := os.ReadFile(filepath.Join(root(t), file))
		if err != nil || bytes.IndexByte(body, 0) >= 0 {
			continue // deleted in the work tree, or not text
		}
		for number, line := range strings.Split(string(body), "\n") {
			for _, place := range places {
				hit := place.Pattern.FindString(line)
				if hit != "" && !slices.Contains(hosts[file], hit) {
					t.Errorf("%s:%d names %q: %s", file, number+1, hit, place.Reason)
				}
			}
		}
	}
}

func TestFiles_Tracked_HoldNoBuiltThing(t *testing.T) {
	built := []string{".class", ".jar", ".jsa", ".whl", ".so", ".pyc", ".exe", ".test"}
	for _, file := range tracked(t) {
		if slices.Contains(built, filepath.Ext(file)) {
			t.Errorf("%s is built from something: track that instead", file)
		}
	}
}

// tracked lists the files of the repository: tracked ones, and new ones that are not ignored. An
// unpacked source archive without git is walked.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		return walked(t)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}

func walked(t *testing.T) []string {
	t.Helper()
	var files []string
	base := root(t)
	err := filepath.WalkDir(base, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "__pycache__" || d.Name() == ".venv"):
			return filepath.SkipDir
		case !d.IsDir():
			rel, err := filepath.Rel(base, path)
			files = append(files, rel)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
