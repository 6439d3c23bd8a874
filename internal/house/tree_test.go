package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the path every import of ours begins with.
const module = "hearth"

// listed is what `go list -json` tells about one package.
type listed struct {
	ImportPath string
	Dir        string
	Name       string
	Doc        string
	Standard   bool
	GoFiles    []string
	Imports    []string
	Deps       []string
	Incomplete bool
	Error      *struct{ Err string }
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("the house tests run in internal/house: %v", err)
	}
	return dir
}

func goTool(t *testing.T, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Stderr = root(t), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

var packagesOnce = sync.OnceValues(func() ([]listed, error) {
	cmd := exec.Command("go", "list", "-e", "-tags=e2e", "-json", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return decode(out)
})

// packages lists every package of the module once per test binary.
func packages(t *testing.T) []listed {
	t.Helper()
	all, err := packagesOnce()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return all
}

func decode(out []byte) ([]listed, error) {
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// find returns the package with this path below the module, nil if there is none.
func find(all []listed, path string) *listed {
	i := slices.IndexFunc(all, func(p listed) bool { return p.ImportPath == module+"/"+path })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// under reports whether path is the folder dir of the module, or below it. A dir that ends in "/*"
// means only what is below.
func under(path, dir string) bool {
	if below, ok := strings.CutSuffix(dir, "/*"); ok {
		return strings.HasPrefix(path, module+"/"+below+"/")
	}
	return path == module+"/"+dir || strings.HasPrefix(path, module+"/"+dir+"/")
}

func ours(path string) bool { return strings.HasPrefix(path, module+"/") }

// standard reports whether path is of the standard library: no dot in its first element.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !ours(path)
}
