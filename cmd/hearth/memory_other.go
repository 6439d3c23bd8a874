//go:build !linux

package main

// memoryMB is what sessions share where we do not know how to ask the machine.
func memoryMB() int { return assumedMemoryMB }
