package session

import (
	"testing"
	"time"
)

func TestMovedBy_ClockAndSweeper_AreComparedWithTheirPeriod(t *testing.T) {
	const every = time.Second
	for name, c := range map[string]struct{ wall, monotonic, want time.Duration }{
		"nothing happens":               {every, every, 0},
		"a slow sweep":                  {6 * time.Second, 6 * time.Second, 0},
		"a slower one":                  {6*time.Second + 1, 6*time.Second + 1, 5*time.Second + 1},
		"the process was stopped":       {time.Hour, time.Hour, time.Hour - every},
		"the machine was suspended":     {time.Hour, every, time.Hour - every},
		"suspended, counted":            {time.Hour, time.Hour, time.Hour - every},
		"the clock was set forward":     {time.Hour + every, every, time.Hour},
		"the clock was set back":        {-time.Hour + every, every, -time.Hour},
		"set back while it was stopped": {-time.Hour, time.Minute, -time.Hour - every},
		"a small correction":            {every - 5*time.Second, every, 0},
		"a correction":                  {every - 5*time.Second - 1, every, -5*time.Second - 1},
	} {
		if got := movedBy(c.wall, c.monotonic, every); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
