package supervise

import "fmt"

// meter counts the output of a statement. Kernels bound their output and mark where it was cut; the
// meter bounds it where user code writes frames in place of the kernel.
type meter struct {
	limit, used int64
	cut         bool
}

// meterSlack is what a kernel may send beyond its limits: marks of what is left out.
const meterSlack = 1 << 20

// newMeter returns a meter for a statement whose kernel has this limit: it has it once for what is
// printed and shown, and once for its value.
func newMeter(limit int64) meter { return meter{limit: 2*limit + meterSlack} }

// take counts a piece of output. It reports whether the piece is to be kept, and whether it is the
// first one that is not.
func (m *meter) take(size int) (keep, first bool) {
	if m.cut {
		return false, false
	}
	if m.used += int64(size); m.used > m.limit {
		m.cut = true
	}
	return !m.cut, m.cut
}

// mark is the end of output that the meter cut off.
func (m *meter) mark() string {
	return fmt.Sprintf("\n… output truncated after %d bytes\n", m.limit)
}
