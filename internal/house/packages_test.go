package house

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPackages_Each_HasExactlyOneComment(t *testing.T) {
	for _, p := range packages(t) {
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var commented []string
		for _, file := range files {
			if comment := packageComment(t, file); comment != "" {
				commented = append(commented, filepath.Base(file))
				checkComment(t, p, comment)
			}
		}
		if len(commented) != 1 {
			t.Errorf("%s has %d package comments %v; it needs exactly one, which says what the package is for and what it does not do",
				p.ImportPath, len(commented), commented)
		}
	}
}

// packageComment returns the comment of a file's package clause. Files of an external test package
// do not count.
func packageComment(t *testing.T, file string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if f.Doc == nil {
		return ""
	}
	return f.Doc.Text()
}

func checkComment(t *testing.T, p listed, comment string) {
	t.Helper()
	want := "Package " + p.Name + " "
	switch p.Name {
	case "main":
		want = "Command " + filepath.Base(p.Dir) + " "
	case "": // a folder of test files alone
		want = "Package " + filepath.Base(p.Dir) + " "
	}
	if !strings.HasPrefix(comment, want) && !strings.HasPrefix(comment, strings.TrimSuffix(want, " ")+"_test ") {
		t.Errorf("the comment of %s begins %.40q, not %q", p.ImportPath, comment, want)
	}
}

func TestPackages_Layout_IsListedInContributing(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root(t), "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages(t) {
		folder := strings.TrimPrefix(p.ImportPath, module+"/")
		if parts := strings.Split(folder, "/"); len(parts) > 3 {
			folder = strings.Join(parts[:3], "/") // a package answers for those below it
		}
		if !strings.Contains(string(page), "`"+folder+"`") {
			t.Errorf("CONTRIBUTING.md does not say what `%s` is responsible for", folder)
		}
	}
}
