package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// gate is a writer that takes nothing until it is opened.
type gate struct {
	open chan struct{}
	bytes.Buffer
}

func (g *gate) Write(text []byte) (int, error) {
	<-g.open
	return g.Buffer.Write(text)
}

func TestPatientLog_ReaderThatStandsStill_HoldsUpNobodyAndIsToldWhatItMissed(t *testing.T) {
	for name, c := range map[string]struct{ lines, missed int }{
		"nothing":         {0, 0},
		"one line":        {1, 0},
		"what fits":       {1 << 10, 0},
		"a line too much": {1<<10 + 1, 1},
		"far too much":    {3 << 10, 2 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &gate{open: make(chan struct{})}
				l := newPatientLog(out)
				fmt.Fprintln(l, "first")
				synctest.Wait() // which is with the reader
				line := strings.Repeat("x", maxUnread>>10-1) + "\n"
				for range c.lines {
					if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
						t.Fatal(n, err)
					}
				}
				close(out.open)
				l.close()
				want := "first\n" + strings.Repeat(line, c.lines-c.missed)
				if c.missed > 0 {
					want += fmt.Sprintf("%d lines of the log are left out here: nobody read it\n", c.missed)
				}
				if got := out.String(); got != want {
					t.Errorf("%d bytes were written, want %d, ending in %q", len(got), len(want), got[max(0, len(got)-100):])
				}
			})
		})
	}
}

func TestPatientLog_ReaderThatNeverComesBack_DoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		l := newPatientLog(out)
		fmt.Fprintln(l, "first")
		l.close()
		fmt.Fprintln(l, "after the end")
		close(out.open)
		synctest.Wait()
		if got := out.String(); got != "first\n" {
			t.Errorf("%q was written", got)
		}
	})
}

// brokenPipe is a writer whose first writes fail.
type brokenPipe struct {
	bytes.Buffer
	failures int
}

func (b *brokenPipe) Write(text []byte) (int, error) {
	if b.failures--; b.failures >= 0 {
		return 0, errors.New("broken pipe")
	}
	return b.Buffer.Write(text)
}

func TestPatientLog_WriteThatFails_EndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &brokenPipe{failures: 1}
		l := newPatientLog(out)
		for _, line := range []string{"one\n", "two\n"} {
			if _, err := io.WriteString(l, line); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		l.close()
		if got := out.String(); got != "two\n" {
			t.Errorf("%q was written", got)
		}
	})
}
