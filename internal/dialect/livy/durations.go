package livy

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"time"

	"hearth/internal/livyapi"
)

var durationForm = regexp.MustCompile(`^([0-9]+)([a-z]*)$`)

// durationUnits are the suffixes of ttl and idleTimeout in Livy 0.9; a number without one is
// milliseconds.
func durationUnits() map[string]time.Duration {
	return map[string]time.Duration{
		"us": time.Microsecond, "ms": time.Millisecond, "": time.Millisecond,
		"s": time.Second, "m": time.Minute, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}
}

// durationField reads a duration and keeps it as it was written.
func durationField(name string, into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		text, err := livyapi.Scalar(value)
		if err != nil {
			return err
		}
		*into = text
		_, err = parseDuration(name, text)
		return err
	}
}

// parseDuration reads ttl or idleTimeout.
func parseDuration(field, text string) (time.Duration, error) {
	m := durationForm.FindStringSubmatch(text)
	if m == nil {
		return 0, refused("%s must be a whole number with us, ms, s, m, min, h or d after it, not %s", field, strconv.Quote(text))
	}
	unit, known := durationUnits()[m[2]]
	n, err := strconv.ParseInt(m[1], 10, 64)
	if !known || err != nil || n > math.MaxInt64/int64(unit) {
		return 0, refused("%s has no meaning: %s", field, strconv.Quote(text))
	}
	return time.Duration(n) * unit, nil
}
