package runtimes

import "syscall"

// dieWithParent has the kernel kill the child when this process dies, also by kill -9.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
