package livy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// encode writes JSON as Jackson does, without escapes for HTML: what is shown is what was said, and
// no browser takes it for a page (see protect).
//
// It walks objects and long texts itself. encoding/json copies the text of a json.Marshaler once
// more for every object around it, and one statement may have printed 32 MiB.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := appendValue(&b, v)
	return b.Bytes(), err
}

func appendValue(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case object:
		return appendMembers(b, v)
	case map[string]any:
		o := make(object, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			o = append(o, member{name, v[name]})
		}
		return appendMembers(b, o)
	case string:
		return appendText(b, v)
	case json.RawMessage:
		if len(v) > piece && json.Valid(v) {
			return json.Compact(b, v)
		}
	}
	return appendPlain(b, v)
}

func appendMembers(b *bytes.Buffer, o object) error {
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendPlain(b, m.name); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := appendValue(b, m.value); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// piece is how much of a text is encoded at once, in bytes.
const piece = 64 << 10

// appendText writes a string piece by piece, never cutting a character.
func appendText(b *bytes.Buffer, text string) error {
	if len(text) > piece {
		b.Grow(len(text) + len(text)/8)
	}
	b.WriteByte('"')
	for len(text) > 0 {
		n := min(piece, len(text))
		for n < len(text) && n > piece-utf8.UTFMax && !utf8.RuneStart(text[n]) {
			n--
		}
		at := b.Len()
		if err := appendPlain(b, text[:n]); err != nil {
			return err
		}
		// Without the quotes of the piece.
		copy(b.Bytes()[at:], b.Bytes()[at+1:])
		b.Truncate(b.Len() - 2)
		text = text[n:]
	}
	b.WriteByte('"')
	return nil
}

func appendPlain(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the newline
	return nil
}
