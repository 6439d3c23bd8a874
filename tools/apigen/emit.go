package main

import (
	"bytes"
	"fmt"
	"slices"
)

func (g *generator) types(b *bytes.Buffer) {
	for _, name := range g.all {
		s := g.Shapes[name]
		if s.Type != "structure" {
			continue
		}
		fmt.Fprintf(b, "// %s %s\ntype %[1]s struct {\n", exported(name), g.describe(name))
		for _, r := range s.Members {
			fmt.Fprintf(b, "%s %s `json:\"%s,omitzero\"`\n", exported(r.Name), g.memberType(r.Shape), r.Name)
		}
		b.WriteString("}\n\n")
	}
}

// describe says what a structure is for in our own words: the role it has in an operation.
func (g *generator) describe(name string) string {
	for _, o := range g.chosen.operations {
		switch op := g.Operations[o]; name {
		case op.Input.Shape:
			return "is the input of " + o + "."
		case op.Output.Shape:
			return "is the output of " + o + "."
		}
	}
	return "is a structure inside inputs or outputs."
}

func (g *generator) enums(b *bytes.Buffer) {
	for _, name := range g.all {
		s := g.Shapes[name]
		if s.Enum == nil {
			continue
		}
		fmt.Fprintf(b, "// %s is one of a set of names.\ntype %[1]s string\n\n// The values of %[1]s.\nconst (\n", exported(name))
		for _, v := range s.Enum {
			fmt.Fprintf(b, "%s%s %[1]s = %[3]q\n", exported(name), constantName(v), v)
		}
		fmt.Fprintf(b, ")\n\n// Values lists what the model allows.\nfunc (%s) Values() []%[1]s {\nreturn []%[1]s{\n", exported(name))
		for _, v := range s.Enum {
			fmt.Fprintf(b, "%s%s,\n", exported(name), constantName(v))
		}
		b.WriteString("}\n}\n\n")
	}
}

func (g *generator) errorTable(b *bytes.Buffer) {
	b.WriteString("// The errors that the operations declare.\nvar (\n")
	names := g.errorNames()
	for _, name := range names {
		code, status, fault := g.errorOf(name)
		fmt.Fprintf(b, "%s = awsapi.ErrorType{Code: %q, Status: %d", exported(name), code, status)
		if fault {
			b.WriteString(", Fault: true")
		}
		b.WriteString("}\n")
	}
	b.WriteString(")\n\n// Errors lists the errors that any of the operations declares.\nfunc Errors() []awsapi.ErrorType {\nreturn []awsapi.ErrorType{\n")
	for _, name := range names {
		fmt.Fprintf(b, "%s,\n", exported(name))
	}
	b.WriteString("}\n}\n")
}

func (g *generator) errorNames() []string {
	names := map[string]bool{}
	for _, o := range g.chosen.operations {
		for _, e := range g.Operations[o].Errors {
			names[e.Shape] = true
		}
	}
	return sortedKeys(names)
}

// errorOf reads an error's code and status; the JSON protocols have defaults for both.
func (g *generator) errorOf(name string) (code string, status int, fault bool) {
	s := g.Shapes[name]
	code, status = name, 400
	if s.Fault {
		status = 500
	}
	if s.Error.Code != "" {
		code = s.Error.Code
	}
	if s.Error.HTTPStatusCode != 0 {
		status = s.Error.HTTPStatusCode
	}
	return code, status, s.Fault
}

func (g *generator) operationTable(b *bytes.Buffer) {
	b.WriteString("// The operations, each with its types and the errors it declares.\nvar (\n")
	for _, name := range g.chosen.operations {
		op := g.Operations[name]
		fmt.Fprintf(b, "%s = awsapi.NewOp[%s, %s](%q,\n", name, exported(op.Input.Shape), exported(op.Output.Shape), name)
		for _, e := range op.Errors {
			fmt.Fprintf(b, "%s,\n", exported(e.Shape))
		}
		b.WriteString(")\n")
	}
	b.WriteString(")\n\n// Operations lists all of them.\nfunc Operations() []awsapi.Operation {\nreturn []awsapi.Operation{\n")
	for _, name := range g.chosen.operations {
		fmt.Fprintf(b, "%s.Operation,\n", name)
	}
	b.WriteString("}\n}\n")
}

// constrained writes a table for the test that tries both edges of every constraint.
func (g *generator) constrained(b *bytes.Buffer) {
	b.WriteString("// constrained lists every member of the inputs that has a constraint or must be there.\nvar constrained = []constrainedMember{\n")
	for _, o := range g.chosen.operations {
		g.constrainedMembers(b, o, g.Operations[o].Input.Shape, "", nil)
	}
	b.WriteString("}\n")
}

// constrainedMembers goes once into a structure that contains itself.
func (g *generator) constrainedMembers(b *bytes.Buffer, op, in, path string, outer []string) {
	if slices.Contains(outer, in) {
		return
	}
	s := g.Shapes[in]
	for _, r := range s.Members {
		at := path + exported(r.Name)
		if slices.Contains(s.Required, r.Name) {
			fmt.Fprintf(b, "{op: %q, path: %q, kind: \"Required\"},\n", op, at)
		}
		for _, c := range g.checks(r.Shape) {
			fmt.Fprintf(b, "{op: %q, path: %q, kind: %q, rule: %s},\n", op, at, c.function, c.rule)
		}
		if g.Shapes[r.Shape].Type == "structure" {
			g.constrainedMembers(b, op, r.Shape, at+".", append(slices.Clone(outer), in))
		}
	}
}
