package livyapi

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"strings"
)

// Lines of a log that say where what follows them comes from. A log in these APIs is what
// spark-submit wrote; the engine's is one stream, and Spark writes to standard error.
const (
	MarkOut = "stdout: "
	MarkErr = "\nstderr: "
)

// maxLine is how much of one line is shown, in bytes: code in a session can write a line of any
// length.
const maxLine = 64 << 10

// Log is a log as these APIs show it: lines counted from 0.
type Log struct {
	// Before and After are lines around those of the text.
	Before, After []string
	// Open opens the text. One that is an io.Seeker is read from its end where only that is shown.
	Open func() (io.ReadCloser, error)
}

// Part is a part of a log.
type Part struct {
	// From is the position of the first line, Total how many the log has.
	From, Total int
	Lines       []string
}

// Slice is size lines from a position; a negative size is all that follow.
func (l Log) Slice(from, size int) (Part, error) {
	p := Part{From: max(from, 0)}
	for line, err := range l.lines() {
		if err != nil {
			return Part{}, err
		}
		if p.Total >= p.From && (size < 0 || len(p.Lines) < size) {
			p.Lines = append(p.Lines, line)
		}
		p.Total++
	}
	return p, nil
}

// Last is the last size lines, all of them if size is negative.
func (l Log) Last(size int) (Part, error) {
	var p Part
	for line, err := range l.lines() {
		if err != nil {
			return Part{}, err
		}
		p.Lines = append(p.Lines, line)
		p.Total++
		if size >= 0 && len(p.Lines) >= 2*size+64 {
			p.Lines = slices.Clone(p.Lines[len(p.Lines)-size:])
		}
	}
	if size >= 0 && len(p.Lines) > size {
		p.Lines = p.Lines[len(p.Lines)-size:]
	}
	p.From = p.Total - len(p.Lines)
	return p, nil
}

func (l Log) lines() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, line := range l.Before {
			if !yield(line, nil) {
				return
			}
		}
		text, err := l.Open()
		if err != nil {
			yield("", err)
			return
		}
		defer text.Close()
		for line, err := range linesOf(text) {
			if !yield(line, err) {
				return
			}
		}
		for _, line := range l.After {
			if !yield(line, nil) {
				return
			}
		}
	}
}

// linesOf cuts text into lines without their ends, each to maxLine.
func linesOf(text io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := bufio.NewReaderSize(text, maxLine)
		for {
			line, more, err := in.ReadLine()
			if errors.Is(err, io.EOF) {
				return
			}
			shown := strings.ToValidUTF8(string(line), "\uFFFD")
			if more {
				shown += "…"
			}
			for more && err == nil {
				_, more, err = in.ReadLine()
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield("", err)
				return
			}
			if !yield(shown, nil) {
				return
			}
		}
	}
}

// tailBytes is how much of the end of a log is read for its last lines.
const tailBytes = 64 << 10

// Tail is at most the last n lines, out of the last tailBytes of the text:
// clients poll it with every look at a session.
func (l Log) Tail(n int) ([]string, error) {
	text, err := l.Open()
	if err != nil {
		return nil, err
	}
	defer text.Close()
	cut := false
	if from, ok := text.(io.Seeker); ok {
		if cut, err = seekTail(from); err != nil {
			return nil, err
		}
	}
	kept := slices.Clone(l.Before)
	if cut {
		kept = nil
	}
	for line, err := range linesOf(text) {
		if err != nil {
			return nil, err
		}
		if cut { // the rest of a line that began before
			cut = false
			continue
		}
		if kept = append(kept, line); len(kept) > 4*n {
			kept = slices.Clone(kept[len(kept)-n:])
		}
	}
	kept = append(kept, l.After...)
	return kept[max(0, len(kept)-n):], nil
}

// seekTail goes to the last tailBytes and reports whether something lies before.
func seekTail(log io.Seeker) (bool, error) {
	size, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	_, err = log.Seek(max(0, size-tailBytes), io.SeekStart)
	return size > tailBytes, err
}

// Window is the part of total items that from and size select: positions, not ids. What lies
// outside is empty, and so is a negative size.
func Window(total, from, size int) (first, after int) {
	first = min(max(from, 0), total)
	if size < 0 {
		return first, first
	}
	return first, min(first+min(size, math.MaxInt32), total)
}
