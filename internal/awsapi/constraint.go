package awsapi

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Constraint is what a model demands of one shape: a length of strings (in characters), lists and
// maps, a range of numbers, a pattern or a set of values of strings.
type Constraint struct {
	Min, Max *int
	Pattern  *Pattern
	Enum     []string
}

// Pattern is a regular expression that a whole string must match, with the text that AWS shows for
// it.
type Pattern struct {
	text    string
	matcher *regexp.Regexp
}

// NewPattern takes the model's text and the same in Go's syntax, which differs where Go has no
// surrogates.
func NewPattern(text, syntax string) *Pattern {
	return &Pattern{text: text, matcher: regexp.MustCompile(`\A(?:` + syntax + `)\z`)}
}

func (r Constraint) brokenByText(s string) []string {
	broken := r.brokenByLength(utf8.RuneCountInString(s))
	if r.Pattern != nil && !r.Pattern.matcher.MatchString(s) {
		broken = append(broken, r.Pattern.reason())
	}
	if r.Enum != nil && !slices.Contains(r.Enum, s) {
		broken = append(broken, r.enumReason())
	}
	return broken
}

func (r Constraint) brokenByLength(n int) []string { return r.outside(float64(n), "length") }

func (r Constraint) brokenByNumber(n float64) []string { return r.outside(n, "value") }

func (r Constraint) outside(n float64, what string) []string {
	switch {
	case r.Max != nil && n > float64(*r.Max):
		return []string{r.maxReason(what)}
	case r.Min != nil && n < float64(*r.Min):
		return []string{r.minReason(what)}
	}
	return nil
}

// list is every demand on a string, as AWS shows it for the elements of lists and maps.
func (r Constraint) list() string {
	var all []string
	if r.Max != nil {
		all = append(all, r.maxReason("length"))
	}
	if r.Min != nil {
		all = append(all, r.minReason("length"))
	}
	if r.Pattern != nil {
		all = append(all, r.Pattern.reason())
	}
	if r.Enum != nil {
		all = append(all, r.enumReason())
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (r Constraint) maxReason(what string) string {
	return fmt.Sprintf("Member must have %s less than or equal to %d", what, *r.Max)
}

func (r Constraint) minReason(what string) string {
	return fmt.Sprintf("Member must have %s greater than or equal to %d", what, *r.Min)
}

func (p *Pattern) reason() string { return "Member must satisfy regular expression pattern: " + p.text }

func (r Constraint) enumReason() string {
	return "Member must satisfy enum value set: [" + strings.Join(r.Enum, ", ") + "]"
}

// maxEcho bounds how much of a refused value goes back in the message, and so into the client's
// log.
const maxEcho = 1024

func quote(s string) string {
	if runes := []rune(s); len(runes) > maxEcho {
		s = string(runes[:maxEcho]) + "..."
	}
	return "'" + s + "'"
}

func printList[E any](list []E) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = fmt.Sprint(s) // not a conversion: a Secret hides itself
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func printMap[K ~string, V any](m map[K]V) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s=%v", string(k), m[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
