package spark

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Property is one key of a SparkConf.
type Property struct{ Key, Value string }

// Properties is a SparkConf, sorted by key, each key once.
type Properties []Property

// Encode writes the properties as a Java properties file (java.util.Properties, pure ASCII), in
// which no value can end its line or start another key.
func (p Properties) Encode() []byte {
	var b strings.Builder
	for _, e := range p {
		escape(&b, e.Key)
		b.WriteByte('=')
		escape(&b, e.Value)
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// escape writes s so that every character but the plainest is safe in keys and values.
func escape(b *strings.Builder, s string) {
	for _, r := range s {
		switch {
		case r == '\\' || r == '=' || r == ':' || r == '#' || r == '!' || r == ' ':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000 // Java reads UTF-16
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		case r < ' ' || r > '~':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
}

func sorted(m map[string]string) Properties {
	var p Properties
	for k, v := range m {
		p = append(p, Property{k, v})
	}
	slices.SortFunc(p, func(a, b Property) int { return cmp.Compare(a.Key, b.Key) })
	return p
}
