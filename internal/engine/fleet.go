package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fleet holds the drivers of one server by the names of their engines, which sessions store. It is
// not changed once it is in use.
type Fleet map[string]Driver

// Driver returns the driver of an engine. ErrNoEngine, with the names that exist, for a name that
// is not in the fleet.
func (f Fleet) Driver(name string) (Driver, error) {
	if d, ok := f[name]; ok {
		return d, nil
	}
	return nil, fmt.Errorf("engine %q: %w: the engines are %s", name, ErrNoEngine, strings.Join(f.Names(), ", "))
}

// Names lists the engines in alphabetical order.
func (f Fleet) Names() []string { return slices.Sorted(maps.Keys(f)) }
