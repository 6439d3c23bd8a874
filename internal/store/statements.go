package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hearth/internal/session"
)

// statementRow is the order in which scanStatement reads and statementArgs
// writes.
const statementRow = `session_id, number, language, code, state, status, error, result, execution_count, progress,
	created_at, started_at, completed_at, series, place`

func scanStatement(row scanner) (session.Statement, error) {
	var s session.Statement
	err := row.Scan(&s.SessionID, &s.Number, &s.Language, &s.Code, &s.State, &s.Status,
		document{&s.Error}, dictionary{&s.Result}, &s.ExecutionCount, &s.Progress,
		instant{&s.CreatedAt}, instant{&s.StartedAt}, instant{&s.CompletedAt}, &s.Series, &s.Place, &s.Version)
	return s, err
}

func statementArgs(s *session.Statement) ([]any, error) {
	failure, errError := encode(s.Error)
	result, errResult := encodeMap(s.Result)
	return []any{
		s.SessionID, s.Number, string(s.Language), []byte(s.Code), string(s.State), string(s.Status),
		failure, result, s.ExecutionCount, s.Progress,
		micros(s.CreatedAt), micros(s.StartedAt), micros(s.CompletedAt), string(s.Series), s.Place,
	}, errors.Join(errError, errResult)
}

// Statement implements session.Reader.
func (r *reader) Statement(ctx context.Context, sessionID string, number int64) (session.Statement, error) {
	s, err := scanStatement(r.q.QueryRowContext(ctx, selectStatement, sessionID, number))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session.Statement{}, noStatement()
	case err != nil:
		return session.Statement{}, r.fail(ctx, fmt.Sprintf("read statement %d of session %s", number, sessionID), err)
	}
	return s, nil
}

// ListStatements implements session.Reader.
func (r *reader) ListStatements(ctx context.Context, sessionID string, series session.Series, page session.Page) ([]session.Statement, error) {
	return collect(ctx, r, "list statements of session "+sessionID, scanStatement,
		listStatements, sessionID, string(series), page.After, max(page.Limit, 0))
}

// OpenStatements implements session.Reader.
func (r *reader) OpenStatements(ctx context.Context, sessionID string, limit int) ([]session.Statement, error) {
	return collect(ctx, r, "list open statements of session "+sessionID, scanStatement,
		openStatements, sessionID, max(limit, 0))
}

// CountWaiting implements session.Reader.
func (r *reader) CountWaiting(ctx context.Context, sessionID string) (int, error) {
	var n int
	err := r.q.QueryRowContext(ctx, countWaiting, sessionID).Scan(&n)
	return n, r.fail(ctx, "count waiting statements of session "+sessionID, err)
}

// InsertStatement implements session.Tx.
func (t *tx) InsertStatement(ctx context.Context, s *session.Statement) error {
	doing := fmt.Sprintf("insert statement %d of session %s", s.Number, s.SessionID)
	args, err := statementArgs(s)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch n, err := t.exec(ctx, doing, insertStatement, args...); {
	case err != nil:
		return err
	case n == 0:
		return taken("statement")
	}
	s.Version = 1
	return nil
}

// UpdateStatement implements session.Tx.
func (t *tx) UpdateStatement(ctx context.Context, s *session.Statement) error {
	doing := fmt.Sprintf("update statement %d of session %s", s.Number, s.SessionID)
	args, err := statementArgs(s)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch n, err := t.exec(ctx, doing, updateStatement, append(args, s.Version)...); {
	case err != nil:
		return err
	case n == 0:
		return t.absentOrChanged(ctx, doing, noStatement(), "statement",
			`SELECT version FROM statements WHERE session_id = $1 AND number = $2`, s.SessionID, s.Number)
	}
	s.Version++
	return nil
}

const (
	selectStatement = `SELECT ` + statementRow + `, version FROM statements WHERE session_id = $1 AND number = $2`
	listStatements  = `SELECT ` + statementRow + `, version FROM statements
WHERE session_id = $1 AND series = $2 AND place > $3 ORDER BY place LIMIT $4`
	openStatements = `SELECT ` + statementRow + `, version FROM statements
WHERE session_id = $1 AND state IN ('waiting', 'running', 'cancelling') ORDER BY number LIMIT $2`
	// The IN list is there for the partial index.
	countWaiting = `SELECT count(*) FROM statements
WHERE session_id = $1 AND state IN ('waiting', 'running', 'cancelling') AND state = 'waiting'`

	insertStatement = `INSERT INTO statements (` + statementRow + `, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)
ON CONFLICT (session_id, number) DO NOTHING`
	updateStatement = `UPDATE statements SET
	language = $3, code = $4, state = $5, status = $6, error = $7, result = $8, execution_count = $9, progress = $10,
	created_at = $11, started_at = $12, completed_at = $13, series = $14, place = $15, version = version + 1
WHERE session_id = $1 AND number = $2 AND version = $16`
)
