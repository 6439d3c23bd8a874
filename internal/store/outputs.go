package store

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/session"
)

func outputColumns() []column[session.Output] {
	type o = session.Output
	return []column[o]{
		{"seq", func(o *o) field { return integer[uint64]{&o.Seq} }},
		{"stream", func(o *o) field { return phrase[string]{&o.Stream} }},
		{"text", func(o *o) field { return blob[string]{&o.Text} }},
		{"data", func(o *o) field { return dictionary{&o.Data} }},
	}
}

var outputKind = kind[session.Output, uint64]{scanRow(outputColumns()), func(row scanner) (seq uint64, err error) {
	err = scanNamed(row, outputColumns(), map[string]any{"seq": &seq})
	return seq, err
}}

// Output implements session.Reader.
func (r *reader) Output(ctx context.Context, sessionID string, number int64) ([]session.Output, error) {
	doing := fmt.Sprintf("read output of statement %d of session %s", number, sessionID)
	found, bad, why, err := readRows(ctx, r, doing, outputKind, selectOutput, sessionID, number)
	if err == nil && bad != nil {
		return nil, &session.UnreadableStatementsError{
			SessionID: sessionID, Statements: []session.UnreadableStatement{{Number: number}}, Err: why,
		}
	}
	return found, err
}

// AppendOutput implements session.Tx.
func (t *tx) AppendOutput(ctx context.Context, sessionID string, number int64, out []session.Output) error {
	if err := t.grow(ctx); err != nil {
		return err
	}
	doing := fmt.Sprintf("append output of statement %d of session %s", number, sessionID)
	for i := range out {
		_, err := t.exec(ctx, doing, insertOutput, append(values(outputColumns(), &out[i]), sessionID, number)...)
		if e, ok := errors.AsType[*session.Error](err); ok && e.Kind == session.NotFound {
			return noStatement()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	selectOutput = `SELECT ` + columnNames(outputColumns()) + ` FROM outputs WHERE session_id = $1 AND number = $2 ORDER BY seq`
	insertOutput = `INSERT INTO outputs (` + columnNames(outputColumns()) + `, session_id, number)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (session_id, seq) DO NOTHING`
)
