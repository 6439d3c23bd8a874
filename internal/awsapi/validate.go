package awsapi

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Violation is one constraint of the model that a request does not keep.
type Violation struct {
	Path   string // such as command.pythonVersion
	Value  string // as AWS prints it: quoted, or null
	Reason string // such as: Member must not be null
}

// Violations are all of a request. As an error they read like those of AWS.
type Violations []Violation

func (v Violations) Error() string {
	noun := "errors"
	if len(v) == 1 {
		noun = "error"
	}
	parts := make([]string, len(v))
	for i, one := range v {
		parts[i] = fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", one.Value, one.Path, one.Reason)
	}
	return fmt.Sprintf("%d validation %s detected: %s", len(v), noun, strings.Join(parts, "; "))
}

// Check collects the violations of one struct, at its place in the request. Generated Validate
// methods use it.
type Check struct {
	path  string
	found *Violations
}

// Collect runs the check of a request's outermost struct.
func Collect(check func(Check)) Violations {
	var found Violations
	check(Check{found: &found})
	return found
}

// Member is the check of a struct inside this one.
func (c Check) Member(name string) Check { return Check{path: c.at(name), found: c.found} }

// Element is the check of a struct in a list, counted from one as AWS does.
func (c Check) Element(name string, index int) Check {
	return Check{path: fmt.Sprintf("%s.%d.member", c.at(name), index+1), found: c.found}
}

// Entry is the check of a struct in a map.
func (c Check) Entry(name, key string) Check {
	return Check{path: c.at(name) + "." + key + ".member", found: c.found}
}

// Required reports a member that is absent.
func (c Check) Required(name string, absent bool) {
	if absent {
		*c.found = append(*c.found, Violation{Path: c.at(name), Value: "null", Reason: "Member must not be null"})
	}
}

func (c Check) at(name string) string {
	if c.path == "" {
		return lowerFirst(name)
	}
	return c.path + "." + lowerFirst(name)
}

// report formats the value only when there is something to say: values may be long.
func (c Check) report(name string, value func() string, reasons []string) {
	for _, reason := range reasons {
		*c.found = append(*c.found, Violation{Path: c.at(name), Value: quote(value()), Reason: reason})
	}
}

// Text checks a string or enum member. An absent member breaks no constraint.
func Text[S ~string](c Check, name string, v *S, rule Constraint) {
	if v != nil {
		c.report(name, func() string { return fmt.Sprint(*v) }, rule.brokenByText(string(*v)))
	}
}

// Number checks a numeric member.
func Number[N int32 | int64 | float32 | float64](c Check, name string, v *N, rule Constraint) {
	if v != nil {
		c.report(name, func() string { return fmt.Sprint(*v) }, rule.brokenByNumber(float64(*v)))
	}
}

// Items checks the size of a list.
func Items[E any](c Check, name string, v []E, rule Constraint) {
	if v != nil {
		c.report(name, func() string { return printList(v) }, rule.brokenByLength(len(v)))
	}
}

// Texts checks the strings in a list.
func Texts[S ~string](c Check, name string, v []S, rule Constraint) {
	for _, s := range v {
		if len(rule.brokenByText(string(s))) > 0 {
			c.report(name, func() string { return printList(v) }, []string{"Member must satisfy constraint: " + rule.list()})
			return
		}
	}
}

// Entries checks the size of a map.
func Entries[K ~string, V any](c Check, name string, m map[K]V, rule Constraint) {
	if m != nil {
		c.report(name, func() string { return printMap(m) }, rule.brokenByLength(len(m)))
	}
}

// Keys checks the keys of a map.
func Keys[K ~string, V any](c Check, name string, m map[K]V, rule Constraint) {
	for k := range m {
		if len(rule.brokenByText(string(k))) > 0 {
			c.report(name, func() string { return printMap(m) }, []string{"Map keys must satisfy constraint: " + rule.list()})
			return
		}
	}
}

// Values checks the strings in a map.
func Values[K, V ~string](c Check, name string, m map[K]V, rule Constraint) {
	for _, v := range m {
		if len(rule.brokenByText(string(v))) > 0 {
			c.report(name, func() string { return printMap(m) }, []string{"Map value must satisfy constraint: " + rule.list()})
			return
		}
	}
}

func lowerFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}
