package house

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dialectTable is the one file that names dialects.
const dialectTable = "cmd/hearth/dialects.go"

// dialectsHere lists the packages of dialects: the folders below internal/dialect, but the fixture
// of their tests.
func dialectsHere(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root(t), "internal/dialect"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "dialecttest" {
			all = append(all, "internal/dialect/"+e.Name())
		}
	}
	if len(all) < 5 {
		t.Fatalf("found the dialects %v", all)
	}
	return all
}

func TestDialects_Each_IsNamedInItsFolderAndTheTableAlone(t *testing.T) {
	named := map[string]bool{}
	for _, file := range tracked(t) {
		if !strings.HasSuffix(file, ".go") {
			continue // tests too: they mount the rows of the table
		}
		for _, imp := range importsOf(t, file) {
			for _, folder := range dialectsHere(t) {
				if !under(imp, folder) || strings.HasPrefix(file, folder+"/") {
					continue
				}
				if file != dialectTable {
					t.Errorf("%s imports %s: a dialect can be thrown away, or added, by one row of %s only if nothing else names it", file, imp, dialectTable)
				}
				named[folder] = true
			}
		}
	}
	for _, folder := range dialectsHere(t) {
		if !named[folder] {
			t.Errorf("%s has no row in %s", folder, dialectTable)
		}
	}
}

// An API's generated types are of no use to anybody but its dialect.
func TestDialects_TheirAPIPackages_AreUsedByThemAlone(t *testing.T) {
	for _, file := range tracked(t) {
		if !isGo(file) {
			continue
		}
		for _, imp := range importsOf(t, file) {
			name, ok := strings.CutPrefix(imp, module+"/internal/awsapi/")
			if !ok || strings.HasPrefix(file, "internal/awsapi/") {
				continue
			}
			if owner := "internal/dialect/" + strings.TrimSuffix(name, "api"); !strings.HasPrefix(file, owner+"/") {
				t.Errorf("%s imports %s, which is %s's", file, imp, owner)
			}
		}
	}
}
