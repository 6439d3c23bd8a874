package runtimes

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Progress is called while an installation goes on. Methods may be called from several goroutines.
type Progress interface {
	// Step says that step number index (from 1) of so many begins.
	Step(title string, index, of int)
	// Update says what the step is doing now; it replaces the update before it. Done and total are
	// bytes; a total of 0 is not known, a done of 0 says that nothing is counted.
	Update(text string, done, total int64)
	// Note says something worth keeping.
	Note(text string)
	// Warn says that something is missing although the installation goes on.
	Warn(text string)
}

// Silent is a Progress that does nothing.
type Silent struct{}

// Step does nothing.
func (Silent) Step(string, int, int) {}

// Update does nothing.
func (Silent) Update(string, int64, int64) {}

// Note does nothing.
func (Silent) Note(string) {}

// Warn does nothing.
func (Silent) Warn(string) {}

// NewTextProgress makes a Progress for people. On a terminal the last line moves, with a bar where
// bytes are counted; in a log every step is a line, and now and then an update.
func NewTextProgress(w io.Writer, terminal bool) Progress {
	return &textProgress{w: w, terminal: terminal}
}

// In a log an update is worth a line when it says something new, but not more often than
// newInterval, and when nothing was said for quietInterval.
const (
	newInterval   = 2 * time.Second
	quietInterval = 10 * time.Second
)

type textProgress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	began    time.Time // of the step
	moving   bool      // the terminal's last line is an update
	last     string    // update text last printed in a log
	lastAt   time.Time
}

func (p *textProgress) Step(title string, index, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.began, p.last, p.lastAt = time.Now(), "", time.Now()
	fmt.Fprintf(p.w, "[%d/%d] %s\n", index, of, title)
}

func (p *textProgress) Update(text string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began.IsZero() {
		p.began = time.Now()
	}
	elapsed := time.Since(p.began).Round(time.Second)
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K      %s%s %s", bar(done, total), clip(text, 60), elapsed)
		p.moving = true
		return
	}
	wait := newInterval
	if text == p.last {
		wait = quietInterval
	}
	if time.Since(p.lastAt) < wait {
		return
	}
	p.last, p.lastAt = text, time.Now()
	fmt.Fprintf(p.w, "      %s%s (%s)\n", text, amount(done, total), elapsed)
}

func (p *textProgress) Note(text string) { p.line("      " + text) }

func (p *textProgress) Warn(text string) { p.line("      warning: " + text) }

func (p *textProgress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.w, text)
}

func (p *textProgress) clear() {
	if p.moving {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.moving = false
	}
}

func bar(done, total int64) string {
	const width = 24
	if total < 1e6 || done <= 0 {
		return ""
	}
	full := int(min(done, total) * width / total)
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]" + amount(done, total) + " "
}

func amount(done, total int64) string {
	switch {
	case done <= 0 || total > 0 && total < 1e6:
		return ""
	case total <= 0:
		return fmt.Sprintf(" %d MB", done/1e6)
	default:
		return fmt.Sprintf(" %d of %d MB", done/1e6, total/1e6)
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
