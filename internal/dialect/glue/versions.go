package glue

import (
	"strconv"
	"strings"
)

// autoVersion is the GlueVersion that leaves the choice to the service.
const autoVersion = "auto"

// version reads the GlueVersion of a request. The API says that it "must be greater than 2.0";
// whether a greater one exists is for Runtimes to say.
func (d *api) version(asked string) (string, error) {
	if asked == "" || asked == autoVersion {
		return d.defaultVersion, nil
	}
	if _, ok := parseVersion(asked); !ok {
		return "", invalid("GlueVersion %s is not supported.", asked)
	}
	if !olderThan("2.0", asked) {
		return "", invalid("GlueVersion must be greater than 2.0, not %s.", asked)
	}
	return asked, nil
}

// olderThan compares versions by their numbers: 4.0 is older than 12.0.
func olderThan(a, b string) bool {
	x, _ := parseVersion(a)
	y, _ := parseVersion(b)
	for i := range max(len(x), len(y)) {
		if p, q := at(x, i), at(y, i); p != q {
			return p < q
		}
	}
	return false
}

func at(numbers []int, i int) int {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}

func parseVersion(s string) ([]int, bool) {
	var numbers []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, true
}
