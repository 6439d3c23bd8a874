package supervise

import "testing"

func TestMeter_BeyondItsLimit_KeepsNothingAndSaysSoOnce(t *testing.T) {
	m := newMeter(10)
	for i, c := range []struct {
		size        int
		keep, first bool
	}{
		{20, true, false},
		{meterSlack, true, false}, // the last byte that is allowed
		{0, true, false},
		{1, false, true},
		{1, false, false},
		{0, false, false},
	} {
		if keep, first := m.take(c.size); keep != c.keep || first != c.first {
			t.Errorf("piece %d of %d bytes: %v, %v, want %v, %v", i, c.size, keep, first, c.keep, c.first)
		}
	}
}
