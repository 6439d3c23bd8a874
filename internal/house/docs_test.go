package house

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)

func TestDocs_RelativeLinks_LeadSomewhere(t *testing.T) {
	for _, file := range tracked(t) {
		if filepath.Ext(file) != ".md" {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root(t), filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
	}
}

var adrName = regexp.MustCompile(`^(\d{4})-[a-z0-9-]+\.md$`)

func TestDocs_Decisions_AreNumberedWithoutGapAndHaveTheirParts(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root(t), "docs", "adr"))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, entry := range entries {
		m := adrName.FindStringSubmatch(entry.Name())
		if m == nil {
			t.Errorf("docs/adr/%s is not named NNNN-title.md", entry.Name())
			continue
		}
		numbers = append(numbers, m[1])
		page := read(t, filepath.Join("docs", "adr", entry.Name()))
		for _, part := range []string{"# ", "Status:", "## Context", "## Decision", "## Consequences"} {
			if !strings.Contains(page, part) {
				t.Errorf("docs/adr/%s has no %q", entry.Name(), part)
			}
		}
	}
	slices.Sort(numbers)
	for i, number := range numbers {
		if want := fmt.Sprintf("%04d", i+1); number != want {
			t.Fatalf("decisions are numbered %v; %s is missing", numbers, want)
		}
	}
}

var target = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)

func TestDocs_MakeTargets_AreExplainedToNewcomers(t *testing.T) {
	page := read(t, "CONTRIBUTING.md")
	for _, m := range target.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		if !strings.Contains(page, "`make "+m[1]+"`") {
			t.Errorf("CONTRIBUTING.md does not explain `make %s`", m[1])
		}
	}
}

// sharedProtocols are the packages that answer for several dialects, with the pages that list their
// divergences.
var sharedProtocols = map[string][]string{
	"internal/awsapi/":  {"glue", "sts", "iam"},
	"internal/livyapi/": {"livy", "dli"},
}

// pagesOf lists the dialects whose pages list the divergences of a file.
func pagesOf(file string) []string {
	if rest, ok := strings.CutPrefix(file, "internal/dialect/"); ok {
		dialect, _, within := strings.Cut(rest, "/")
		if within && !strings.HasSuffix(dialect, "test") {
			return []string{dialect}
		}
	}
	for folder, dialects := range sharedProtocols {
		if strings.HasPrefix(file, folder) {
			return dialects
		}
	}
	return nil
}

// Every departure from a vendor's API is marked where it is made and listed in the page of its
// dialect, or of each dialect that shares the code, so that neither can be changed in silence.
func TestDocs_Divergences_AreListedWhereTheyAreMade(t *testing.T) {
	comment := regexp.MustCompile(`// Divergence: (.+)`)
	for _, file := range tracked(t) {
		if filepath.Ext(file) != ".go" {
			continue
		}
		for _, dialect := range pagesOf(file) {
			for _, m := range comment.FindAllStringSubmatch(read(t, file), -1) {
				if page := read(t, "docs/dialects/"+dialect+".md"); !strings.Contains(flat(page), opening(m[1])) {
					t.Errorf("docs/dialects/%s.md does not list the divergence %q of %s", dialect, opening(m[1]), file)
				}
			}
		}
	}
}

// A promise that is kept by a test is worth what the test is: none may be gone.
func TestDocs_Faults_NameTestsThatExist(t *testing.T) {
	var tests strings.Builder
	for _, file := range tracked(t) {
		suite := strings.HasPrefix(file, "internal/session/sessiontest/") || strings.HasPrefix(file, "internal/engine/enginetest/")
		if strings.HasSuffix(file, "_test.go") || filepath.Ext(file) == ".py" || suite {
			tests.WriteString(read(t, file))
		}
	}
	named := regexp.MustCompile("`([A-Za-z]+_\\w+)`").FindAllStringSubmatch(read(t, "docs/faults.md"), -1)
	if len(named) == 0 {
		t.Fatal("docs/faults.md names no test")
	}
	for _, m := range named {
		definition := regexp.MustCompile(`(func |def |")` + m[1] + `\b`)
		if !definition.MatchString(tests.String()) {
			t.Errorf("docs/faults.md names the test %s, which is not there", m[1])
		}
	}
}

// opening is the beginning of a divergence by which its entry is found.
func opening(text string) string {
	words := strings.Fields(text)
	return strings.Trim(strings.Join(words[:min(4, len(words))], " "), ".:;,")
}

// flat is a page as one line without emphasis.
func flat(page string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("*", "", "`", "").Replace(page)), " ")
}

func read(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root(t), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
