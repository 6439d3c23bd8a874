package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// engineTable is the one file that names engines.
const engineTable = "cmd/hearth/engines.go"

// implementsDriver is how a package says that it is an engine.
var implementsDriver = regexp.MustCompile(`(?m)^var _ engine\.Driver = `)

func TestEngines_Each_IsNamedInItsFolderAndTheTableAlone(t *testing.T) {
	engines := map[string]bool{}
	for _, file := range tracked(t) {
		if !strings.HasPrefix(file, "internal/engine/") || !isGo(file) {
			continue
		}
		body, err := os.ReadFile(filepath.Join(root(t), file))
		if err == nil && implementsDriver.Match(body) {
			engines[filepath.Dir(file)] = true
		}
	}
	if !engines["internal/engine/local"] || !engines["internal/engine/fake"] {
		t.Fatalf("found the engines %v", engines)
	}
	for _, file := range tracked(t) {
		if !isGo(file) || file == engineTable || strings.HasPrefix(file, "internal/dialect/dialecttest/") {
			continue // the fixture of the dialects runs on the fake engine
		}
		for _, imp := range importsOf(t, file) {
			for folder := range engines {
				if under(imp, folder) && !strings.HasPrefix(file, folder+"/") {
					t.Errorf("%s imports %s: an engine can be thrown away, or added, by one row of %s only if nothing else names it",
						file, imp, engineTable)
				}
			}
		}
	}
}

// isGo reports whether a file is code that is built: tests may use any engine.
func isGo(file string) bool {
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go")
}

// importsOf lists the imports of a file of the repository.
func importsOf(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), file), nil, parser.ImportsOnly)
	if os.IsNotExist(err) {
		return nil // deleted in the work tree
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, imp := range f.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, path)
	}
	return all
}

// A supervisor is told of its processes in launch.json, so that Ray, a notebook or a pooled driver
// are data to it and not code.
func TestSupervise_OfItsProcesses_KnowsNoneByName(t *testing.T) {
	name := regexp.MustCompile(`(?i)\b(jvm|java|python|spark|ray)\b|Role(JVM|Python)`)
	for _, file := range tracked(t) {
		if !strings.HasPrefix(file, "internal/engine/supervise/") || !isGo(file) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if name.MatchString(n.Name) {
					t.Errorf("%s names %s", file, n.Name)
				}
			case *ast.BasicLit:
				if name.MatchString(n.Value) {
					t.Errorf("%s names %s", file, n.Value)
				}
			}
			return true
		})
	}
}
