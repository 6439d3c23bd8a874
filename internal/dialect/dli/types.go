package dli

import (
	"errors"
	"strconv"

	"hearth/internal/memsize"
	"hearth/internal/session"
)

// shape is what a driver and its executors have, in cores and MB.
type shape struct {
	driverCores, driverMemory     int
	executorCores, executorMemory int
	executors                     int
}

// scTypes are the types of computing resources (table 5 of Creating a Session).
var scTypes = map[string]shape{
	"A": {driverCores: 2, driverMemory: 7 << 10, executorCores: 1, executorMemory: 4 << 10, executors: 6},
	"B": {driverCores: 2, driverMemory: 7 << 10, executorCores: 2, executorMemory: 8 << 10, executors: 7},
	"C": {driverCores: 4, driverMemory: 15 << 10, executorCores: 2, executorMemory: 8 << 10, executors: 14},
}

const (
	// smallest is the type of a request that names none.
	smallest = "A"
	// customized is shown for a type of which anything was replaced.
	customized = "CUSTOMIZED"
)

// maxCount keeps products of counts finite.
const maxCount = 10000

// shapeOf is the shape that a request asks for, under the type that is shown, and why it cannot
// start if it cannot.
func (a *asked) shapeOf() (s shape, shown, failed string, err error) {
	shown = a.scType
	if shown == "" {
		shown = smallest
	}
	s, known := scTypes[shown]
	if !known {
		return shape{}, "", "", invalid("The parameter sc_type must be A, B or C, not %q.", a.scType)
	}
	for _, one := range []struct {
		field string
		asked int
		into  *int
	}{
		{"driverCores", a.driverCores, &s.driverCores},
		{"executorCores", a.executorCores, &s.executorCores},
		{"numExecutors", a.numExecutors, &s.executors},
	} {
		switch {
		case one.asked > maxCount:
			return shape{}, "", "", invalid("The parameter %s is at most %d.", one.field, maxCount)
		case one.asked > 0:
			*one.into, shown = one.asked, customized
		}
	}
	for _, one := range []struct {
		field, asked string
		into         *int
	}{
		{"driverMemory", a.driverMemory, &s.driverMemory}, {"executorMemory", a.executorMemory, &s.executorMemory},
	} {
		if one.asked == "" {
			continue
		}
		shown = customized
		mb, err := parseMemory(one.asked)
		switch {
		case err == nil:
			*one.into = mb
		case !errors.Is(err, errNoUnit):
			return shape{}, "", "", invalid("The parameter %s must be a size with its unit, such as 2G or 2048 MB, not %q.", one.field, one.asked)
		case failed == "":
			failed = one.field + " has no unit: " + strconv.Quote(one.asked) + ". Write 2G or 2048M, for example."
		}
	}
	return s, shown, failed, nil
}

// cores and memoryMB are those of driver and executors together.
func (s shape) cores() int { return s.driverCores + s.executors*s.executorCores }

func (s shape) memoryMB() int {
	return min(s.driverMemory+s.executors*s.executorMemory, memsize.MaxMB)
}

// size is the shape for the accounts. DLI counts in CU, which is one core with 4 GB: type A is 8 of
// them, B 16, C 32.
func (s shape) size(shown string) session.Size {
	return session.Size{
		WorkerType: shown, Workers: 1 + s.executors,
		CoresPerWorker: s.executorCores, MemoryMBPerWorker: s.executorMemory,
		DriverCores: s.driverCores, DriverMemoryMB: s.driverMemory,
		Units: float64(max(s.cores(), (s.memoryMB()+4<<10-1)/(4<<10))),
	}
}
