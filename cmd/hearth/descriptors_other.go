//go:build !linux

package main

import "errors"

func closeOnExecFrom(uint) error { return errors.ErrUnsupported }
