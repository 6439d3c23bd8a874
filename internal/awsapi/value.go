package awsapi

import (
	"fmt"
	"log/slog"
	"time"
)

// Time is a timestamp of the JSON protocols: a number of seconds since 1970, written with
// milliseconds.
type Time struct{ time.Time }

// At returns the time as an optional member: nil, that is absent, if it is zero.
func At(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// MarshalJSON writes epoch seconds with a fraction of milliseconds.
func (t Time) MarshalJSON() ([]byte, error) {
	ms := t.UnixMilli()
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	return fmt.Appendf(nil, "%s%d.%03d", sign, ms/1000, ms%1000), nil
}

// Secret is a string that the model calls sensitive. It is written to the client and hidden
// everywhere else.
type Secret string

// String hides the value from fmt.
func (Secret) String() string { return "***" }

// GoString hides the value from %#v.
func (Secret) GoString() string { return `"***"` }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Optional returns a pointer to the value for an optional member: nil, that is absent, if it is the
// zero value.
func Optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Value returns what an optional member holds, or the zero value if it is absent.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
