package store

import "syscall"

// dieWithParent ends the child even if this process is killed.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
