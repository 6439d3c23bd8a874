package house

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The SQLite driver is C translated to Go against one libc; with another one it compiles and
// corrupts.
func TestPins_Libc_IsTheOneTheSQLiteDriverNames(t *testing.T) {
	var sqlite, libc struct{ Version, GoMod string }
	read := func(path string, into any) {
		if err := json.Unmarshal(goTool(t, "list", "-m", "-json", path), into); err != nil {
			t.Fatal(err)
		}
	}
	read("modernc.org/sqlite", &sqlite)
	read("modernc.org/libc", &libc)
	mod, err := os.ReadFile(sqlite.GoMod)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`modernc\.org/libc (v\S+)`).FindSubmatch(mod)
	if m == nil {
		t.Fatalf("modernc.org/sqlite %s names no libc", sqlite.Version)
	}
	if want := string(m[1]); libc.Version != want {
		t.Errorf("go.mod has modernc.org/libc %s, modernc.org/sqlite %s needs exactly %s", libc.Version, sqlite.Version, want)
	}
}

func TestPins_GoMod_ReplacesNothing(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		if strings.HasPrefix(strings.TrimSpace(line), "replace ") {
			t.Errorf("go.mod: %q works on one machine only", strings.TrimSpace(line))
		}
	}
}

func TestPins_GoSum_CoversEveryModule(t *testing.T) {
	goTool(t, "mod", "verify")
	goTool(t, "list", "-mod=readonly", "-deps", "-test", "-tags=e2e", "./...")
}
