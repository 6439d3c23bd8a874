package glueapi

import (
	"testing"

	"hearth/internal/awsapi"
)

// longestCharacter is what one character beyond U+FFFF takes in JSON that is kept to ASCII, as
// Python's is by default.
const longestCharacter = 12

// TestDefaultMaxBody_LetsEveryValidRequestThrough adds up the longest form of every member of each
// input.
func TestDefaultMaxBody_LetsEveryValidRequestThrough(t *testing.T) {
	sizes := map[string]int{}
	for _, row := range constrained {
		if row.rule.Max == nil || row.kind == "Number" {
			continue
		}
		switch row.kind {
		case "Text":
			sizes[row.op] += *row.rule.Max * longestCharacter
		case "Texts", "Keys", "Values":
			sizes[row.op] += *row.rule.Max * longestCharacter * container(t, row)
		}
	}
	for op, size := range sizes {
		t.Logf("%s: %d bytes", op, size)
		if limit := awsapi.DefaultMaxBody - 64<<10; size > limit { // the rest is for names, quotes and commas
			t.Errorf("%s may have %d bytes, more than %d", op, size, limit)
		}
	}
}

// container is how many elements the list or map of the row may have.
func container(t *testing.T, row constrainedMember) int {
	t.Helper()
	for _, other := range constrained {
		if other.op == row.op && other.path == row.path && (other.kind == "Items" || other.kind == "Entries") {
			return *other.rule.Max
		}
	}
	t.Fatalf("%s.%s has no bound on its elements", row.op, row.path)
	return 0
}
