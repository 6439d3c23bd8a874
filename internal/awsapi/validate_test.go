package awsapi

import (
	"fmt"
	"strings"
	"testing"
)

type tag string

func TestViolations_ReadLikeThoseOfAWS(t *testing.T) {
	rule := Constraint{Min: new(1), Max: new(3), Pattern: NewPattern("[a-z]*", "[a-z]*")}
	for _, c := range []struct {
		name  string
		check func(Check)
		want  string
	}{
		{"nothing", func(c Check) { Text(c, "Id", new("abc"), rule) }, ""},
		{"absent", func(c Check) { Text[string](c, "Id", nil, rule) }, ""},
		{
			"number", func(c Check) { Number(c, "MaxResults", new(int32(1001)), Constraint{Max: new(1000)}) },
			"1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
		},
		{"two", func(c Check) {
			c.Required("Id", true)
			Text(c, "Name", new(""), Constraint{Min: new(1)})
		}, "2 validation errors detected: Value null at 'id' failed to satisfy constraint: Member must not be null; " +
			"Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{
			"two of one value", func(c Check) { Text(c, "Id", new("ABCD"), rule) },
			"2 validation errors detected: Value 'ABCD' at 'id' failed to satisfy constraint: Member must have length less than or equal to 3; " +
				"Value 'ABCD' at 'id' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]*",
		},
		{
			"enum", func(c Check) { Text(c, "Type", new(tag("C")), Constraint{Enum: []string{"A", "B"}}) },
			"1 validation error detected: Value 'C' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
		},
		{
			"nested", func(c Check) { c.Member("Command").Element("Tags", 1).Required("Key", true) },
			"1 validation error detected: Value null at 'command.tags.2.member.key' failed to satisfy constraint: Member must not be null",
		},
		{
			"elements", func(c Check) { Texts(c, "List", []string{"a", "B"}, rule) },
			"1 validation error detected: Value '[a, B]' at 'list' failed to satisfy constraint: Member must satisfy constraint: " +
				"[Member must have length less than or equal to 3, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [a-z]*]",
		},
		{
			"keys", func(c Check) { Keys(c, "Tags", map[string]string{"b": "2", "": "1"}, Constraint{Min: new(1)}) },
			"1 validation error detected: Value '{=1, b=2}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length greater than or equal to 1]",
		},
		{
			"values", func(c Check) { Values(c, "Tags", map[string]tag{"a": "12"}, Constraint{Max: new(1)}) },
			"1 validation error detected: Value '{a=12}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 1]",
		},
		{
			"size", func(c Check) { Items(c, "List", []int{1, 2}, Constraint{Max: new(1)}) },
			"1 validation error detected: Value '[1, 2]' at 'list' failed to satisfy constraint: Member must have length less than or equal to 1",
		},
		{
			"a secret stays one", func(c Check) { Text(c, "Token", new(Secret("geheim")), Constraint{Max: new(1)}) },
			"1 validation error detected: Value '***' at 'token' failed to satisfy constraint: Member must have length less than or equal to 1",
		},
	} {
		got := ""
		if found := Collect(c.check); len(found) > 0 {
			got = found.Error()
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestViolations_LongValuesAreCut(t *testing.T) {
	found := Collect(func(c Check) { Text(c, "Code", new(strings.Repeat("ä", 100_000)), Constraint{Max: new(68_000)}) })
	if len(found) != 1 || len([]rune(found[0].Value)) != maxEcho+len("'...'") {
		t.Errorf("the message has %d bytes", len(found.Error()))
	}
}

func TestSecret_IsHidden(t *testing.T) {
	s := Secret("geheim")
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%s %v %+v %#v %q", s, s, s, s, s), s.LogValue().String()} {
		if strings.Contains(text, "geheim") {
			t.Error(text)
		}
	}
}
