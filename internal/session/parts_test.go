package session

import (
	"reflect"
	"strings"
	"testing"

	"hearth/internal/engine"
)

func piece(seq uint64, mime, text string) engine.Event {
	return engine.Event{Seq: seq, Kind: engine.EventPart, Statement: 1, Data: map[string]string{mime: text}}
}

func TestParts_OfValuesAndDisplays_AreReadAsWhole(t *testing.T) {
	var a eventTx
	for _, ev := range []engine.Event{piece(1, "text/html", "<b"), piece(2, "text/html", ">"), piece(3, "text/plain", "b")} {
		a.part(ev)
	}
	a.print(engine.Event{Seq: 4, Kind: engine.EventDisplay, Statement: 1, Data: map[string]string{"a/b": "short"}})
	a.print(engine.Event{Seq: 5, Kind: engine.EventStream, Statement: 1, Stream: "stdout", Text: "x\n"})
	a.part(piece(6, "text/plain", "va"))
	a.part(piece(7, "text/plain", "lue"))

	st := Statement{State: StatementDone, Status: engine.StatusOK, Result: map[string]string{"c/d": "short"}}
	st.assemble(a.output[1])
	want := []Output{
		{Seq: 4, Data: map[string]string{"a/b": "short", "text/html": "<b>", "text/plain": "b"}},
		{Seq: 5, Stream: "stdout", Text: "x\n"},
	}
	if !reflect.DeepEqual(st.Output, want) {
		t.Errorf("output is %+v", st.Output)
	}
	if !reflect.DeepEqual(st.Result, map[string]string{"c/d": "short", "text/plain": "value"}) {
		t.Errorf("the value is %v", st.Result)
	}
}

func TestParts_OfAValueThatNeverCame_AreNotShown(t *testing.T) {
	for _, st := range []Statement{
		{State: StatementRunning},
		{State: StatementFailed, Error: &engine.StatementError{Name: "StatementLost"}},
	} {
		var a eventTx
		a.part(piece(1, "text/plain", "half a val"))
		st.assemble(a.output[1])
		if len(st.Output) != 0 || st.Result != nil {
			t.Errorf("%s: output %v, value %v", st.State, st.Output, st.Result)
		}
	}
}

func TestParts_AreStoredInRowsOfBoundedLength(t *testing.T) {
	var a eventTx
	text := strings.Repeat("x", 64<<10)
	for seq := range uint64(64) {
		a.part(piece(2*seq, "text/plain", text))
		a.print(engine.Event{Seq: 2*seq + 1, Kind: engine.EventStream, Statement: 2, Stream: "stdout", Text: text})
	}
	for n, rows := range a.output {
		total := 0
		for _, o := range rows {
			size := len(o.Text) + len(o.Data["text/plain"])
			if total += size; size > maxPiece+len(text) {
				t.Errorf("statement %d: a row of %d bytes", n, size)
			}
		}
		if total != 64*len(text) {
			t.Errorf("statement %d: %d bytes", n, total)
		}
	}
}
