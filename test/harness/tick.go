//go:build e2e

package harness

import "time"

// tick is the pause between two looks at something that ends by itself.
func tick() { time.Sleep(50 * time.Millisecond) }
