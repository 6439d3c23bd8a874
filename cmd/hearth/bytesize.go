package main

import (
	"fmt"

	"hearth/internal/memsize"
)

// bytesize is a number of bytes, written as sizes of memory are: "10g"; without a unit it is in
// MiB.
type bytesize int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *bytesize) UnmarshalText(text []byte) error {
	size, ok := memsize.Parse(string(text))
	if !ok {
		return fmt.Errorf("%q is no size: it is a whole number with k, m, g or t behind it, such as 10g", text)
	}
	*b = bytesize(size.MB) << 20
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (b bytesize) MarshalText() ([]byte, error) {
	if b >= 1<<30 && b%(1<<30) == 0 {
		return fmt.Appendf(nil, "%dg", b>>30), nil
	}
	return fmt.Appendf(nil, "%dm", b>>20), nil
}
