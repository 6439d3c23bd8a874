package livy

import (
	"math"
	"strconv"
)

// number reads a whole number from the query.
func (r *request) number(name string, otherwise int) (int, error) {
	text := r.URL.Query().Get(name)
	if !r.URL.Query().Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, noNumber(text)
	}
	return int(n), nil
}

// window is the part of total items that from and size select: positions, not
// ids. What lies outside is empty, and so is a negative size.
func window(total, from, size int) (first, after int) {
	first = min(max(from, 0), total)
	if size < 0 {
		return first, first
	}
	return first, min(first+min(size, math.MaxInt32), total)
}
