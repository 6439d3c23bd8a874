package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// statementColumns are the columns that an update writes.
func statementColumns() []column[session.Statement] {
	type s = session.Statement
	return []column[s]{
		{"state", func(s *s) field { return phrase[session.StatementState]{&s.State} }},
		{"status", func(s *s) field { return phrase[engine.Status]{&s.Status} }},
		{"error", func(s *s) field { return document{&s.Error} }},
		{"result", func(s *s) field { return dictionary{&s.Result} }},
		{"execution_count", func(s *s) field { return integer[int]{&s.ExecutionCount} }},
		{"progress", func(s *s) field { return share{&s.Progress} }},
		{"started_at", func(s *s) field { return instant{&s.StartedAt} }},
		{"completed_at", func(s *s) field { return instant{&s.CompletedAt} }},
	}
}

// acceptedColumns are those that an insert writes besides, and that stay as they are.
func acceptedColumns() []column[session.Statement] {
	type s = session.Statement
	return []column[s]{
		{"session_id", func(s *s) field { return phrase[string]{&s.SessionID} }},
		{"series", func(s *s) field { return phrase[session.Series]{&s.Series} }},
		{"number", func(s *s) field { return integer[int64]{&s.Number} }},
		{"external_id", func(s *s) field { return phrase[string]{&s.ExternalID} }},
		{"description", func(s *s) field { return phrase[string]{&s.Description} }},
		{"extra", func(s *s) field { return raw{&s.Extra} }},
		{"language", func(s *s) field { return phrase[engine.Language]{&s.Language} }},
		{"code", func(s *s) field { return blob[string]{&s.Code} }},
		{"created_at", func(s *s) field { return instant{&s.CreatedAt} }},
	}
}

// drawnColumns are those that the store draws by itself.
func drawnColumns() []column[session.Statement] {
	type s = session.Statement
	return []column[s]{
		{"place", func(s *s) field { return integer[int64]{&s.Place} }},
		{"version", func(s *s) field { return integer[int64]{&s.Version} }},
	}
}

func insertedStatementColumns() []column[session.Statement] {
	return slices.Concat(acceptedColumns(), statementColumns())
}

var (
	statementRow   = columnNames(slices.Concat(insertedStatementColumns(), drawnColumns()))
	wholeStatement = statementKind(slices.Concat(insertedStatementColumns(), drawnColumns()))
)

// statementKind reads rows of these columns.
func statementKind[T any](columns []column[T]) kind[T, session.UnreadableStatement] {
	return kind[T, session.UnreadableStatement]{scanRow(columns), nameStatement(columns)}
}

// Statement implements session.Reader.
func (r *reader) Statement(ctx context.Context, sessionID string, number int64) (session.Statement, error) {
	return statement(ctx, r, sessionID, fmt.Sprintf("read statement %d", number), wholeStatement, selectStatement, number)
}

// FindStatement implements session.Reader.
func (r *reader) FindStatement(ctx context.Context, sessionID string, which session.StatementRef) (session.BriefStatement, error) {
	return statement(ctx, r, sessionID, fmt.Sprintf("find statement %d", which.Place), briefStatement,
		findStatement, string(which.Series), which.Place)
}

// ListStatements implements session.Reader.
func (r *reader) ListStatements(ctx context.Context, sessionID string, series session.Series, page session.Page) ([]session.BriefStatement, error) {
	return statements(ctx, r, sessionID, "list statements", briefStatement, listStatements, string(series), page.After, max(page.Limit, 0))
}

// OpenStatements implements session.Reader.
func (r *reader) OpenStatements(ctx context.Context, sessionID string, limit int) ([]session.Statement, error) {
	return statements(ctx, r, sessionID, "list open statements", openStatement, openStatements, max(limit, 0))
}

// NextStatement implements session.Reader.
func (r *reader) NextStatement(ctx context.Context, sessionID string) (session.Statement, error) {
	return statement(ctx, r, sessionID, "read the next statement", wholeStatement, nextStatement)
}

// CountStatements implements session.Reader. No statement is ever removed from a series, so the
// last place is the count.
func (r *reader) CountStatements(ctx context.Context, sessionID string, series session.Series) (int, error) {
	var n int
	err := r.q.QueryRowContext(ctx, countStatements, sessionID, string(series)).Scan(&n)
	return n, r.fail(ctx, "count statements of session "+sessionID, err)
}

// CountWaiting implements session.Reader.
func (r *reader) CountWaiting(ctx context.Context, sessionID string) (n int, bytes int64, err error) {
	err = r.q.QueryRowContext(ctx, countWaiting, sessionID).Scan(&n, &bytes)
	return n, bytes, r.fail(ctx, "count waiting statements of session "+sessionID, err)
}

// InsertStatement implements session.Tx.
func (t *tx) InsertStatement(ctx context.Context, s *session.Statement) error {
	doing := fmt.Sprintf("insert statement %d of session %s", s.Number, s.SessionID)
	if err := t.grow(ctx); err != nil {
		return err
	}
	var place int64
	err := t.q.QueryRowContext(ctx, insertStatement, values(insertedStatementColumns(), s)...).Scan(&place)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return taken("statement")
	case err != nil:
		return t.fail(ctx, doing, err)
	}
	s.Place, s.Version = place, 1
	return nil
}

// UpdateStatement implements session.Tx.
func (t *tx) UpdateStatement(ctx context.Context, s *session.Statement) error {
	doing := fmt.Sprintf("update statement %d of session %s", s.Number, s.SessionID)
	if resultSize(s) > smallChange {
		if err := t.grow(ctx); err != nil {
			return err
		}
	}
	switch n, err := t.exec(ctx, doing, updateStatement, append(values(statementColumns(), s), s.SessionID, s.Number, s.Version)...); {
	case err != nil:
		return err
	case n == 0:
		return t.absentOrChanged(ctx, doing, noStatement(), "statement",
			`SELECT version FROM statements WHERE session_id = $1 AND number = $2`, s.SessionID, s.Number)
	}
	s.Version++
	return nil
}

// resultSize returns the bytes of a statement's result and error.
func resultSize(s *session.Statement) (n int) {
	for mime, text := range s.Result {
		n += len(mime) + len(text)
	}
	if e := s.Error; e != nil {
		n += len(e.Name) + len(e.Value)
		for _, line := range e.Traceback {
			n += len(line)
		}
	}
	return n
}

// EndWaiting implements session.Tx.
func (t *tx) EndWaiting(ctx context.Context, sessionID string, end session.Statement) error {
	_, err := t.exec(ctx, "end the waiting statements of session "+sessionID, endWaiting, append(values(endColumns(), &end), sessionID)...)
	return err
}

// EndUnread implements session.Tx.
func (t *tx) EndUnread(ctx context.Context, sessionID string, number int64, end session.Statement) error {
	doing := fmt.Sprintf("end statement %d of session %s", number, sessionID)
	n, err := t.exec(ctx, doing, endUnread, append(values(statementColumns(), &end), sessionID, number)...)
	if err == nil && n == 0 {
		return noStatement()
	}
	return err
}

// endColumns are those that EndWaiting writes.
func endColumns() []column[session.Statement] {
	return slices.DeleteFunc(statementColumns(), func(c column[session.Statement]) bool {
		return c.name != "state" && c.name != "error" && c.name != "completed_at"
	})
}

// openColumns are those that OpenStatements reads.
func openColumns() []column[session.Statement] {
	return slices.DeleteFunc(slices.Concat(insertedStatementColumns(), drawnColumns()), func(c column[session.Statement]) bool {
		return c.name == "code" || c.name == "result"
	})
}

var openStatement = statementKind(openColumns())

// briefColumns are those of a brief statement, with code, result and error where they are not too
// large.
func briefColumns() []column[session.BriefStatement] {
	type b = session.BriefStatement
	const own = "octet_length(code) + octet_length(result) + octet_length(error)"
	large := own + " > " + strconv.Itoa(session.BriefBytes)
	var all []column[b]
	for _, c := range slices.Concat(insertedStatementColumns(), drawnColumns()) {
		name := c.name
		if none, may := map[string]string{"code": "''", "result": "'{}'", "error": "'null'"}[name]; may {
			name = "CASE WHEN " + large + " THEN " + none + " ELSE " + name + " END" // the other branch is not read
		}
		all = append(all, column[b]{name, func(s *b) field { return c.of(&s.Statement) }})
	}
	return append(all,
		column[b]{"CASE WHEN " + large + " THEN 1 ELSE 0 END", func(s *b) field { return condition{&s.Brief} }},
		column[b]{own, func(s *b) field { return integer[int64]{&s.Bytes} }},
		column[b]{`coalesce((SELECT sum(octet_length(text) + octet_length(data)) FROM outputs
	WHERE session_id = statements.session_id AND number = statements.number), 0)`, func(s *b) field { return integer[int64]{&s.OutputBytes} }})
}

var (
	briefRow       = columnNames(briefColumns())
	briefStatement = statementKind(briefColumns())
)

var (
	selectStatement = `SELECT ` + statementRow + ` FROM statements WHERE session_id = $1 AND number = $2`
	findStatement   = `SELECT ` + briefRow + ` FROM statements WHERE session_id = $1 AND series = $2 AND place = $3
	AND EXISTS (SELECT 1 FROM sessions WHERE id = $1 AND deleted_at = 0)`
	listStatements = `SELECT ` + briefRow + ` FROM statements
WHERE session_id = $1 AND series = $2 AND place > $3 ORDER BY place LIMIT $4`
	openStatements = `SELECT ` + columnNames(openColumns()) + ` FROM statements
WHERE session_id = $1 AND state IN ('waiting', 'running', 'cancelling') ORDER BY number LIMIT $2`
	nextStatement = `SELECT ` + statementRow + ` FROM statements
WHERE session_id = $1 AND state IN ('waiting', 'running', 'cancelling') ORDER BY number LIMIT 1`
	// The IN list is there for the partial index.
	endWaiting = `UPDATE statements SET ` + assignments(endColumns()) + `, progress = 1, version = version + 1
WHERE session_id = ` + placeholder(len(endColumns())+1) + ` AND state IN ('waiting', 'running', 'cancelling') AND state = 'waiting'`

	endUnread = `UPDATE statements SET ` + assignments(statementColumns()) + `, version = version + 1
WHERE session_id = ` + placeholder(len(statementColumns())+1) + ` AND number = ` + placeholder(len(statementColumns())+2) +
		` AND state IN ('waiting', 'running', 'cancelling')`

	// The first two accepted columns are the session and the series.
	insertStatement = `INSERT INTO statements (` + columnNames(insertedStatementColumns()) + `, place, version)
VALUES (` + placeholders(len(insertedStatementColumns())) + `,
	(SELECT coalesce(max(place), 0) + 1 FROM statements WHERE session_id = $1 AND series = $2), 1)
ON CONFLICT (session_id, number) DO NOTHING RETURNING place`
	updateStatement = `UPDATE statements SET ` + assignments(statementColumns()) + `, version = version + 1
WHERE session_id = ` + placeholder(len(statementColumns())+1) + ` AND number = ` + placeholder(len(statementColumns())+2) +
		` AND version = ` + placeholder(len(statementColumns())+3)
)

const (
	countStatements = `SELECT coalesce(max(place), 0) FROM statements WHERE session_id = $1 AND series = $2`
	// The IN list is there for the partial index.
	countWaiting = `SELECT count(*), coalesce(sum(length(code)), 0) FROM statements
WHERE session_id = $1 AND state IN ('waiting', 'running', 'cancelling') AND state = 'waiting'`
)
