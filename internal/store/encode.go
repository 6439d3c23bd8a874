package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The types below are fields of rows: each holds the address of a value and reads or writes it in
// the form in which it is stored.

// phrase is text. Bytes that no database can hold in text are replaced when it is written.
type phrase[T ~string] struct{ to *T }

func (p phrase[T]) Value() (driver.Value, error) { return text(string(*p.to)), nil }

func (p phrase[T]) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*p.to = T(v)
	case []byte:
		*p.to = T(v)
	default:
		return fmt.Errorf("a text is stored as %T", v)
	}
	return nil
}

// blob is a text or a record that is kept byte for byte in a column of bytes.
type blob[T ~string | ~[]byte] struct{ to *T }

func (b blob[T]) Value() (driver.Value, error) {
	if len(*b.to) == 0 {
		return []byte{}, nil // nil would be NULL
	}
	return []byte(*b.to), nil
}

func (b blob[T]) Scan(v any) error {
	var stored T
	switch v := v.(type) {
	case []byte:
		stored = T(string(v)) // a copy: the driver's bytes are valid only until the next row
	case string:
		stored = T(v)
	default:
		return fmt.Errorf("bytes are stored as %T", v)
	}
	if len(stored) > 0 {
		*b.to = stored
	}
	return nil
}

// raw is a JSON text as its owner wrote it; nil is stored as no text.
type raw struct{ to *json.RawMessage }

func (r raw) Value() (driver.Value, error) { return string(*r.to), nil }

func (r raw) Scan(v any) error {
	var stored string
	if err := (phrase[string]{&stored}).Scan(v); err != nil {
		return err
	}
	if stored != "" {
		*r.to = json.RawMessage(stored)
	}
	return nil
}

// integer is a whole number.
type integer[T ~int | ~int64 | ~uint64] struct{ to *T }

func (n integer[T]) Value() (driver.Value, error) { return int64(*n.to), nil }

func (n integer[T]) Scan(v any) error {
	stored, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a number is stored as %T", v)
	}
	*n.to = T(stored)
	return nil
}

// condition is a truth value that a query computes: 1 or 0.
type condition struct{ to *bool }

func (c condition) Value() (driver.Value, error) { return *c.to, nil }

func (c condition) Scan(v any) error {
	var n int64
	err := (integer[int64]{&n}).Scan(v)
	*c.to = n != 0
	return err
}

// share is a number with a fraction.
type share struct{ to *float64 }

func (s share) Value() (driver.Value, error) { return *s.to, nil }

func (s share) Scan(v any) error {
	stored, ok := v.(float64)
	if !ok {
		return fmt.Errorf("a fraction is stored as %T", v)
	}
	*s.to = stored
	return nil
}

// instant is a time in microseconds.
type instant struct{ to *time.Time }

func (i instant) Value() (driver.Value, error) { return micros(*i.to), nil }

func (i instant) Scan(v any) error {
	var us int64
	err := (integer[int64]{&us}).Scan(v)
	*i.to = fromMicros(us)
	return err
}

// span is a duration in microseconds.
type span struct{ to *time.Duration }

func (s span) Value() (driver.Value, error) { return s.to.Microseconds(), nil }

func (s span) Scan(v any) error {
	var us int64
	err := (integer[int64]{&us}).Scan(v)
	*s.to = time.Duration(us) * time.Microsecond
	return err
}

// document is a structure in JSON.
type document struct{ to any }

func (d document) Value() (driver.Value, error) { return encode(d.to) }

func (d document) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return json.Unmarshal([]byte(v), d.to)
	case []byte:
		return json.Unmarshal(v, d.to)
	default:
		return fmt.Errorf("a document is stored as %T", v)
	}
}

// dictionary is a map in JSON; an empty one is read as nil.
type dictionary struct{ to *map[string]string }

func (d dictionary) Value() (driver.Value, error) { return encodeMap(*d.to) }

func (d dictionary) Scan(v any) error {
	err := document{d.to}.Scan(v)
	if len(*d.to) == 0 {
		*d.to = nil
	}
	return err
}

// textPairs is a dictionary of text, cleaned as a phrase is.
type textPairs struct{ dictionary }

func (p textPairs) Value() (driver.Value, error) { return encodeMap(textMap(*p.to)) }

// encodeMap writes a map as JSON with sorted keys, so that equal maps are equal text; nil is
// written like an empty one.
func encodeMap(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "{}", nil
	}
	return encode(m)
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	return string(b), nil
}

// micros is a time as it is stored; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// text replaces NUL, which PostgreSQL keeps in no text, and bytes that are no UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func textMap(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[text(k)] = text(v)
	}
	return out
}
