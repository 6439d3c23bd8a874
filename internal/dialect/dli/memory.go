package dli

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// errNoUnit: a size is a number alone. DLI accepts it, and the session fails to start.
var errNoUnit = errors.New("the unit is missing")

// errSize: a text is no size.
var errSize = errors.New("it is not a size")

var memoryForm = regexp.MustCompile(`^([0-9]{1,9}) ?([A-Za-z]*)$`)

// maxMemoryMB keeps sums finite: 64 TB.
const maxMemoryMB = 64 << 20

// parseMemory reads "2 GB", "2GB", "2G", "2048 MB", "2048M" and the like in MB. The unit is one of
// K, M, G and T in either case, with or without B.
func parseMemory(text string) (int, error) {
	m := memoryForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, errSize
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, errSize
	}
	switch strings.ToUpper(m[2]) {
	case "":
		return 0, errNoUnit
	case "K", "KB":
		n >>= 10
	case "M", "MB":
	case "G", "GB":
		n <<= 10
	case "T", "TB":
		n <<= 20
	default:
		return 0, errSize
	}
	if n < 1 {
		return 0, errSize
	}
	return int(min(n, maxMemoryMB)), nil
}
