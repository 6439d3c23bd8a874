package glueapi

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"hearth/internal/awsapi"
)

// constrainedMember is one constraint of one member of an operation's input; kind is the function
// of awsapi that checks it.
type constrainedMember struct {
	op, path, kind string
	rule           awsapi.Constraint
}

// prefixes are the beginnings that patterns demand; all other strings may be letters only.
var prefixes = map[string]string{
	"Role":                  "arn:aws:iam::000000000000:role/",
	"ResourceArn":           "arn:aws:glue:",
	"GlueVersion":           "5.",
	"Command.PythonVersion": "3",
}

func text(path string, length int) string {
	prefix := prefixes[path]
	if length < len(prefix) {
		return prefix[:length]
	}
	return prefix + strings.Repeat("a", length-len(prefix))
}

func typical(row constrainedMember) string {
	if row.rule.Enum != nil {
		return row.rule.Enum[0]
	}
	return map[string]string{"Command.PythonVersion": "3", "GlueVersion": "5.1"}[row.path]
}

func TestValidate_MinimalInput_Passes(t *testing.T) {
	for _, op := range Operations() {
		if found := violations(minimal(op)); len(found) > 0 {
			t.Errorf("%s: %v", op.Name, found)
		}
	}
}

func TestValidate_MissingRequiredMember_IsNamed(t *testing.T) {
	for _, row := range constrained {
		if row.kind != "Required" {
			continue
		}
		in := minimal(operationOf(t, row.op))
		at(in, row.path).SetZero()
		want := awsapi.Violations{{Path: wirePath(row.path), Value: "null", Reason: "Member must not be null"}}
		if got := violations(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%s without %s: got %v, want %v", row.op, row.path, got, want)
		}
	}
}

func TestValidate_BothEdgesOfEveryBound(t *testing.T) {
	tried := 0
	for _, row := range constrained {
		if row.rule.Max != nil {
			tried++
			expect(t, row, *row.rule.Max, "")
			expect(t, row, *row.rule.Max+1, fmt.Sprintf("less than or equal to %d", *row.rule.Max))
		}
		if row.rule.Min != nil && *row.rule.Min > 0 {
			tried++
			if _, whole := prefixes[row.path]; !whole {
				expect(t, row, *row.rule.Min, "")
			}
			expect(t, row, *row.rule.Min-1, fmt.Sprintf("greater than or equal to %d", *row.rule.Min))
		}
	}
	if tried < 50 {
		t.Errorf("only %d bounds tried: is the generated table complete?", tried)
	}
}

// expect sets the member so that its length or value is n and demands the reason, or no violation
// if it is empty.
func expect(t *testing.T, row constrainedMember, n int, reason string) {
	t.Helper()
	in := minimal(operationOf(t, row.op))
	set(in, row, text(row.path, n), n)
	found := violations(in)
	if reason == "" {
		if len(found) > 0 {
			t.Errorf("%s.%s %s %d: %v", row.op, row.path, row.kind, n, found)
		}
		return
	}
	if len(found) == 0 || found[0].Path != wirePath(row.path) || !strings.Contains(found[0].Reason, reason) {
		t.Errorf("%s.%s %s %d: got %v, want %q", row.op, row.path, row.kind, n, found, reason)
	}
}

func TestValidate_CountsCharactersNotBytes(t *testing.T) {
	in := minimal(CreateSession.Operation).(*CreateSessionRequest)
	in.Description = new(strings.Repeat("𝛑", 2048))
	if found := in.Validate(); len(found) > 0 {
		t.Errorf("2048 characters of four bytes: %v", found)
	}
}

func TestValidate_EveryEnumValueAndNoOther(t *testing.T) {
	for _, row := range constrained {
		for _, value := range row.rule.Enum {
			in := minimal(operationOf(t, row.op))
			set(in, row, value, 0)
			if found := violations(in); len(found) > 0 {
				t.Errorf("%s.%s = %s: %v", row.op, row.path, value, found)
			}
			set(in, row, value+"x", 0)
			if found := violations(in); len(found) != 1 || !strings.HasPrefix(found[0].Reason, "Member must satisfy enum value set: [") {
				t.Errorf("%s.%s = %sx: %v", row.op, row.path, value, found)
			}
		}
	}
}

func TestValidate_PatternIsForTheWholeString(t *testing.T) {
	for _, row := range constrained {
		if row.rule.Pattern == nil {
			continue
		}
		good := typical(row)
		if good == "" {
			good = text(row.path, 40)
		}
		for _, bad := range []string{good + "\x01", "\x01" + good} {
			in := minimal(operationOf(t, row.op))
			set(in, row, good, 1)
			if found := violations(in); len(found) > 0 {
				t.Errorf("%s.%s = %q: %v", row.op, row.path, good, found)
			}
			set(in, row, bad, 1)
			if strings.HasSuffix(bad, "\x01") && (row.path == "Role" || row.path == "ResourceArn") {
				continue // their patterns end in a dot with a star or plus
			}
			if found := violations(in); len(found) != 1 || !strings.Contains(found[0].Reason, "Member must satisfy regular expression pattern: ") {
				t.Errorf("%s.%s = %q: %v", row.op, row.path, bad, found)
			}
		}
	}
}

// The model spells characters beyond U+FFFF as surrogates, which Go's syntax lacks; these are the
// edges of the rewritten classes.
func TestValidate_RewrittenPatterns(t *testing.T) {
	for _, c := range []struct {
		char       rune
		name, text bool // allowed in names, which have one line, and in descriptions
	}{
		{'\t', true, true},
		{'\n', false, true},
		{'\r', false, true},
		{0x00, false, false},
		{0x1f, false, false},
		{' ', true, true},
		{0x7f, true, true},
		{0xd7ff, true, true},
		{0xe000, true, true},
		{0xfffd, true, true},
		{0xfffe, false, false},
		{0xffff, false, false},
		{0x10000, true, true},
		{0x10ffff, true, true},
	} {
		in := minimal(CreateSession.Operation).(*CreateSessionRequest)
		in.Id = new("a" + string(c.char))
		if got := len(in.Validate()) == 0; got != c.name {
			t.Errorf("name with %U: valid is %v", c.char, got)
		}
		in.Id, in.Description = new("a"), new("a"+string(c.char))
		if got := len(in.Validate()) == 0; got != c.text {
			t.Errorf("description with %U: valid is %v", c.char, got)
		}
	}
}

func operationOf(t *testing.T, name string) awsapi.Operation {
	t.Helper()
	for _, op := range Operations() {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return awsapi.Operation{}
}

// minimal returns an input with the required members only, all of them valid.
func minimal(op awsapi.Operation) any {
	in := reflect.New(op.Input).Interface()
	for _, row := range constrained {
		if row.op != op.Name || row.kind != "Required" {
			continue
		}
		member := at(in, row.path)
		if member.Kind() == reflect.Pointer {
			member.Set(reflect.New(member.Type().Elem()))
		} else if member.Kind() == reflect.Map {
			member.Set(reflect.MakeMap(member.Type()))
		} else {
			member.Set(reflect.MakeSlice(member.Type(), 0, 0))
		}
	}
	for _, row := range constrained {
		if row.op == op.Name && row.kind == "Text" && !at(in, row.path).IsNil() {
			value := typical(row)
			if value == "" {
				value = text(row.path, 40)
			}
			at(in, row.path).Elem().SetString(value)
		}
	}
	return in
}

// at returns the member, making the structures on the way to it.
func at(in any, path string) reflect.Value {
	v := reflect.ValueOf(in)
	for name := range strings.SplitSeq(path, ".") {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem().FieldByName(name)
	}
	return v
}

// set gives the member a value whose size, in the sense of the constraint, is that of the string or
// n.
func set(in any, row constrainedMember, s string, n int) {
	member := at(in, row.path)
	switch row.kind {
	case "Text":
		p := reflect.New(member.Type().Elem())
		p.Elem().SetString(s)
		member.Set(p)
	case "Number":
		p := reflect.New(member.Type().Elem())
		p.Elem().SetInt(int64(n))
		member.Set(p)
	case "Items":
		list := make([]string, n)
		for i := range list {
			list[i] = "a"
		}
		member.Set(reflect.ValueOf(list))
	case "Texts":
		member.Set(reflect.ValueOf([]string{s}))
	case "Entries":
		entries := map[string]string{}
		for i := range n {
			entries[fmt.Sprint("a", i)] = "a"
		}
		member.Set(reflect.ValueOf(entries))
	case "Keys":
		member.Set(reflect.ValueOf(map[string]string{s: "a"}))
	case "Values":
		member.Set(reflect.ValueOf(map[string]string{"a": s}))
	}
}

func violations(in any) awsapi.Violations {
	return in.(interface{ Validate() awsapi.Violations }).Validate()
}

func wirePath(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		parts[i] = strings.ToLower(p[:1]) + p[1:]
	}
	return strings.Join(parts, ".")
}
