package main

import "hearth/internal/engine/supervise"

// runSupervise is the parent of one session's processes, until they have ended. engine/local starts
// it; see engine/supervise.
func runSupervise(args []string) int { return supervise.Main(args) }
