// Package memsize reads sizes of memory as Spark's configuration and the APIs around it write them:
// "2g", "2048 MB", "512".
//
// It knows no defaults and no bounds of an API: whether a unit may be missing, or a blank may stand
// in front of it, is for its callers.
package memsize

import (
	"strconv"
	"strings"
)

// MaxMB is the largest size that Parse returns: 64 TiB in MiB. Larger ones are cut to it, so that
// sums of sizes stay finite.
const MaxMB = 64 << 20

// Bounds of the digits of a size: a number of bytes may be long.
const (
	maxDigits     = 9
	maxByteDigits = 15
)

// Size is a size of memory.
type Size struct {
	// MB is the size in MiB, rounded down.
	MB int
	// Unit is b, k, m, g or t as it was written, in lower case and without a b behind it; "" if
	// there was none, which is MiB as in spark.driver.memory.
	Unit string
}

// Parse reads a whole number and a unit, with at most one blank between them. It returns false for
// any other text.
func Parse(text string) (Size, bool) {
	unit := strings.TrimLeft(text, "0123456789")
	digits := text[:len(text)-len(unit)]
	unit = strings.ToLower(strings.TrimPrefix(unit, " "))
	if short, ok := strings.CutSuffix(unit, "b"); ok && short != "" && short != "b" {
		unit = short
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || len(digits) > maxByteDigits || len(digits) > maxDigits && unit != "b" {
		return Size{}, false
	}
	switch unit {
	case "b":
		n >>= 20
	case "k":
		n >>= 10
	case "", "m":
	case "g":
		n <<= 10
	case "t":
		n <<= 20
	default:
		return Size{}, false
	}
	return Size{MB: int(min(n, MaxMB)), Unit: unit}, true
}
