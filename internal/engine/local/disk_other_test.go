//go:build !linux

package local_test

// diskMain is the disk of the tests on Linux.
func diskMain() {}
