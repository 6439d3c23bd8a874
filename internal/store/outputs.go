package store

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/session"
)

func scanOutput(row scanner) (session.Output, error) {
	var o session.Output
	err := row.Scan(counter{&o.Seq}, &o.Stream, &o.Text, dictionary{&o.Data})
	return o, err
}

// Output implements session.Reader.
func (r *reader) Output(ctx context.Context, sessionID string, number int64) ([]session.Output, error) {
	return collect(ctx, r, fmt.Sprintf("read output of statement %d of session %s", number, sessionID), scanOutput,
		selectOutput, sessionID, number)
}

// AppendOutput implements session.Tx.
func (t *tx) AppendOutput(ctx context.Context, sessionID string, number int64, out []session.Output) error {
	doing := fmt.Sprintf("append output of statement %d of session %s", number, sessionID)
	for _, o := range out {
		data, err := encodeMap(o.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		_, err = t.exec(ctx, doing, insertOutput, sessionID, int64(o.Seq), number, text(o.Stream), []byte(o.Text), data)
		if e, ok := errors.AsType[*session.Error](err); ok && e.Kind == session.NotFound {
			return noStatement()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	selectOutput = `SELECT seq, stream, text, data FROM outputs WHERE session_id = $1 AND number = $2 ORDER BY seq`
	insertOutput = `INSERT INTO outputs (session_id, seq, number, stream, text, data)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (session_id, seq) DO NOTHING`
)
