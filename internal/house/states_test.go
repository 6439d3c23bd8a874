package house

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/session"
)

// arrow is one line of the diagram: a trigger that changes the state.
type arrow struct{ from, trigger, to string }

var (
	diagramLine = regexp.MustCompile(`^\s*(\w+) --> (\w+): ([\w, ]+)$`)
	tableRow    = regexp.MustCompile(`^\| \x60(\w+)\x60 \|(.*)\|$`)
)

func TestStatesPage_Diagram_ShowsEveryChange(t *testing.T) {
	drawn := map[arrow]bool{}
	for line := range strings.Lines(statesPage(t)) {
		if m := diagramLine.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			for trigger := range strings.SplitSeq(m[3], ", ") {
				drawn[arrow{m[1], trigger, m[2]}] = true
			}
		}
	}
	real := map[arrow]bool{}
	for _, from := range session.States() {
		for _, trigger := range session.Triggers() {
			if to, err := session.Next(from, trigger); err == nil && to != from {
				real[arrow{string(from), string(trigger), string(to)}] = true
			}
		}
	}
	compare(t, "diagram", drawn, real)
}

func TestStatesPage_Table_ShowsEveryTransition(t *testing.T) {
	var header []string
	written, real := map[arrow]bool{}, map[arrow]bool{}
	for line := range strings.Lines(statesPage(t)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "| state ") {
			header = cells(strings.Trim(line, "|"))[1:]
			continue
		}
		if line == "" {
			header = nil // another table may follow
		}
		m := tableRow.FindStringSubmatch(line)
		if m == nil || header == nil {
			continue
		}
		for i, cell := range cells(m[2]) {
			if cell != "–" && i < len(header) {
				written[arrow{m[1], strings.Trim(header[i], "`"), strings.Trim(cell, "`")}] = true
			}
		}
	}
	for _, from := range session.States() {
		for _, trigger := range session.Triggers() {
			if to, err := session.Next(from, trigger); err == nil {
				real[arrow{string(from), string(trigger), string(to)}] = true
			}
		}
	}
	compare(t, "table", written, real)
}

func compare(t *testing.T, what string, written, real map[arrow]bool) {
	t.Helper()
	if len(written) == 0 {
		t.Fatalf("docs/states.md has no %s", what)
	}
	sorted := func(m map[arrow]bool) []arrow {
		return slices.SortedFunc(maps.Keys(m), func(a, b arrow) int {
			return strings.Compare(a.from+a.trigger+a.to, b.from+b.trigger+b.to)
		})
	}
	for _, a := range sorted(real) {
		if !written[a] {
			t.Errorf("the %s of docs/states.md lacks %s --%s--> %s", what, a.from, a.trigger, a.to)
		}
	}
	for _, a := range sorted(written) {
		if !real[a] {
			t.Errorf("the %s of docs/states.md has %s --%s--> %s, which session.Next refuses", what, a.from, a.trigger, a.to)
		}
	}
}

func cells(row string) []string {
	var out []string
	for cell := range strings.SplitSeq(row, "|") {
		out = append(out, strings.TrimSpace(cell))
	}
	return out
}

func statesPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root(t), "docs", "states.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
