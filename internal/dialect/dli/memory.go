package dli

import (
	"errors"
	"strings"

	"hearth/internal/memsize"
)

// errNoUnit: a size is a number alone. DLI accepts it, and the session fails to start.
var errNoUnit = errors.New("the unit is missing")

// errSize: a text is no size.
var errSize = errors.New("it is not a size")

// parseMemory reads "2 GB", "2GB", "2G", "2048 MB", "2048M" and the like in MB. The unit is one of
// K, M, G and T in either case, with or without B.
func parseMemory(text string) (int, error) {
	size, ok := memsize.Parse(strings.TrimSpace(text))
	switch {
	case !ok || size.Unit == "b":
		return 0, errSize
	case size.Unit == "":
		return 0, errNoUnit
	case size.MB < 1:
		return 0, errSize
	}
	return size.MB, nil
}
