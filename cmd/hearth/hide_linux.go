package main

import "golang.org/x/sys/unix"

// hideMemory closes the memory and the environment of this process, which hold credentials, to
// other processes of its user: sessions are such processes. It does not hold against root, nor for
// what lies in files.
func hideMemory() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
