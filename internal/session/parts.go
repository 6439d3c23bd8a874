package session

import (
	"strings"

	"hearth/internal/engine"
)

// streamPart marks a row of output that is a piece of a rich value. Long values travel and are
// stored in pieces, so that neither the supervisor nor the server holds more of one than a
// transaction of events while it is written; readers of the statement get the whole value.
const streamPart = "part"

// part collects a piece of a value; neighbours of one type become one row.
func (a *eventTx) part(ev engine.Event) {
	if a.output == nil {
		a.output = make(map[int64][]Output)
	}
	out := a.output[ev.Statement]
	if n := len(out); n > 0 && out[n-1].Stream == streamPart && join(out[n-1].Data, ev.Data) {
		return
	}
	data := make(map[string]string, len(ev.Data))
	for mime, text := range ev.Data {
		data[mime] = text
	}
	a.output[ev.Statement] = append(out, Output{Seq: ev.Seq, Stream: streamPart, Data: data})
}

// maxPiece ends the joining of neighbours, in bytes: to join is to copy.
const maxPiece = 256 << 10

// join adds a piece to one before it if both are of the same single type and the one before is not
// long yet.
func join(to, piece map[string]string) bool {
	if len(to) != 1 || len(piece) != 1 {
		return false
	}
	for mime, text := range piece {
		before, ok := to[mime]
		if !ok || len(before) >= maxPiece {
			return false
		}
		to[mime] = before + text
	}
	return true
}

// assemble sets the statement's output as it was stored, with the pieces of values joined. Pieces
// of a value that is not complete yet, or never was, are left out.
func (s *Statement) assemble(stored []Output) {
	s.Output = stored[:0]
	pieces := make(map[string][]string)
	for _, o := range stored {
		switch o.Stream {
		case streamPart:
			for mime, text := range o.Data {
				pieces[mime] = append(pieces[mime], text)
			}
			continue
		case "":
			o.Data = whole(o.Data, pieces)
			clear(pieces)
		}
		s.Output = append(s.Output, o)
	}
	if s.State == StatementDone && s.Status == engine.StatusOK {
		s.Result = whole(s.Result, pieces)
	}
}

// whole is the value with its pieces.
func whole(data map[string]string, pieces map[string][]string) map[string]string {
	if len(pieces) == 0 {
		return data
	}
	all := make(map[string]string, len(data)+len(pieces))
	for mime, text := range data {
		all[mime] = text
	}
	for mime, texts := range pieces {
		all[mime] = strings.Join(texts, "")
	}
	return all
}
