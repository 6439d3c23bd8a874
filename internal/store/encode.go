package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

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

// instant scans a stored time.
type instant struct{ to *time.Time }

func (i instant) Scan(v any) error {
	us, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	*i.to = fromMicros(us)
	return nil
}

// span scans a stored duration.
type span struct{ to *time.Duration }

func (s span) Scan(v any) error {
	us, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", v)
	}
	*s.to = time.Duration(us) * time.Microsecond
	return nil
}

// counter scans a stored unsigned number.
type counter struct{ to *uint64 }

func (c counter) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a number is stored as %T", v)
	}
	*c.to = uint64(n)
	return nil
}

// document scans a structure stored as JSON.
type document struct{ to any }

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

// dictionary scans a map stored as JSON; an empty one becomes nil.
type dictionary struct{ to *map[string]string }

func (d dictionary) Scan(v any) error {
	err := document{d.to}.Scan(v)
	if len(*d.to) == 0 {
		*d.to = nil
	}
	return err
}

// encodeMap writes a map as JSON with sorted keys, so that equal maps are
// equal text; nil is written like an empty one.
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

// text replaces what PostgreSQL keeps in no text and what is no text.
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

// blob is never nil, because nil would be NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
