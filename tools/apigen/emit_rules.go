package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rules writes one constraint per constrained shape that an input can contain.
func (g *generator) rules(b *bytes.Buffer) {
	b.WriteString("var (\n")
	for _, name := range g.inputs {
		if g.hasRule(name) {
			fmt.Fprintf(b, "%s = awsapi.Constraint{%s}\n", ruleName(name), strings.Join(g.ruleParts(name), ", "))
		}
	}
	b.WriteString(")\n")
}

func (g *generator) hasRule(name string) bool {
	s := g.Shapes[name]
	return s.Min != nil || s.Max != nil || s.Pattern != "" || s.Enum != nil
}

func (g *generator) ruleParts(name string) []string {
	s := g.Shapes[name]
	var parts []string
	if s.Min != nil {
		parts = append(parts, fmt.Sprintf("Min: new(%d)", int(*s.Min)))
	}
	if s.Max != nil {
		parts = append(parts, fmt.Sprintf("Max: new(%d)", int(*s.Max)))
	}
	if s.Pattern != "" {
		parts = append(parts, fmt.Sprintf("Pattern: awsapi.NewPattern(%s, %s)", goString(s.Pattern), goString(g.goPattern(s.Pattern))))
	}
	if s.Enum != nil {
		parts = append(parts, fmt.Sprintf("Enum: %#v", s.Enum))
	}
	return parts
}

func (g *generator) goPattern(pattern string) string {
	if own, ok := g.chosen.patterns[pattern]; ok {
		return own
	}
	return pattern
}

// checkPatterns finds the patterns that need an entry in the table of overrides, and entries that
// nothing needs.
func (g *generator) checkPatterns() error {
	used := map[string]bool{}
	for _, name := range g.inputs {
		pattern := g.Shapes[name].Pattern
		used[pattern] = true
		if _, err := regexp.Compile(g.goPattern(pattern)); err != nil {
			return fmt.Errorf("shape %s: add its pattern to the overrides: %w", name, err)
		}
	}
	for pattern := range g.chosen.patterns {
		if !used[pattern] {
			return fmt.Errorf("no shape has the overridden pattern %s", pattern)
		}
	}
	return nil
}

func goString(s string) string {
	if strings.Contains(s, "`") {
		return fmt.Sprintf("%q", s)
	}
	return "`" + s + "`"
}

// check is one call of the runtime in a generated method.
type check struct{ function, rule string }

// checks lists what the constraints of a member's shape, and of what it contains, demand.
func (g *generator) checks(name string) []check {
	s := g.Shapes[name]
	var all []check
	add := func(function, shape string) {
		if g.hasRule(shape) {
			all = append(all, check{function, ruleName(shape)})
		}
	}
	switch s.Type {
	case "string":
		add("Text", name)
	case "integer", "long", "float", "double":
		add("Number", name)
	case "list":
		add("Items", name)
		if g.Shapes[s.Member.Shape].Type == "string" {
			add("Texts", s.Member.Shape)
		}
	case "map":
		add("Entries", name)
		add("Keys", s.Key.Shape)
		if g.Shapes[s.Value.Shape].Type == "string" {
			add("Values", s.Value.Shape)
		}
	}
	return all
}

func (g *generator) validate(b *bytes.Buffer) {
	for _, name := range g.inputs {
		if g.Shapes[name].Type != "structure" {
			continue
		}
		if g.isInput(name) {
			fmt.Fprintf(b, "// Validate returns every constraint of the model that the input does not keep.\n"+
				"func (s *%s) Validate() awsapi.Violations { return awsapi.Collect(s.check) }\n\n", exported(name))
		}
		fmt.Fprintf(b, "func (s *%s) check(c awsapi.Check) {\n", exported(name))
		for _, r := range g.Shapes[name].Members {
			g.validateMember(b, name, r)
		}
		b.WriteString("}\n\n")
	}
}

func (g *generator) isInput(name string) bool {
	return slices.ContainsFunc(g.chosen.operations, func(o string) bool { return g.Operations[o].Input.Shape == name })
}

func (g *generator) validateMember(b *bytes.Buffer, in string, r memberRef) {
	field := "s." + exported(r.Name)
	if slices.Contains(g.Shapes[in].Required, r.Name) {
		fmt.Fprintf(b, "c.Required(%q, %s == nil)\n", r.Name, field)
	}
	for _, c := range g.checks(r.Shape) {
		fmt.Fprintf(b, "awsapi.%s(c, %q, %s, %s)\n", c.function, r.Name, field, c.rule)
	}
	g.descend(b, r, field)
}

// descend writes the checks of the structures that a member is or contains.
func (g *generator) descend(b *bytes.Buffer, r memberRef, field string) {
	s := g.Shapes[r.Shape]
	switch {
	case s.Type == "structure":
		fmt.Fprintf(b, "if %s != nil {\n%[1]s.check(c.Member(%q))\n}\n", field, r.Name)
	case s.Type == "list" && g.Shapes[s.Member.Shape].Type == "structure":
		fmt.Fprintf(b, "for i := range %s {\n%[1]s[i].check(c.Element(%q, i))\n}\n", field, r.Name)
	case s.Type == "map" && g.Shapes[s.Value.Shape].Type == "structure":
		fmt.Fprintf(b, "for k, v := range %s {\nv.check(c.Entry(%q, k))\n}\n", field, r.Name)
	}
}
