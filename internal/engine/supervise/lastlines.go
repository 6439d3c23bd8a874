package supervise

import (
	"bytes"
	"io"
	"os"
	"strings"
)

// Bounds of the lines that explain an end.
const (
	lastLinesRead  = 32 << 10
	lastLinesCount = 20
	lastLineLength = 500
)

// lastLines returns the last lines of the log, which may explain an end.
func (s *supervisor) lastLines() []string {
	lines, err := LastLines(s.dir.Log())
	if err != nil {
		s.log.Warn("the log cannot be read", "error", err)
	}
	return lines
}

// beginning is a part of the line after the head of a log.
const beginning = `msg="the output of the processes follows" by=hearth `

// LastLines returns the last lines of a log without those that Hearth wrote.
func LastLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	from := max(0, size-lastLinesRead)
	b, err := io.ReadAll(io.NewSectionReader(f, from, size-from))
	if err != nil {
		return nil, err
	}
	if from > 0 {
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n ")
		if strings.Contains(line, beginning) {
			lines = nil
			continue
		}
		if line != "" && !strings.Contains(line, " by=hearth ") {
			lines = append(lines, clip(line, lastLineLength))
		}
	}
	return lines[max(0, len(lines)-lastLinesCount):], nil
}

// clip shortens text to about n bytes, between two characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}
