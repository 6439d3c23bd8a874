package dli

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// runStatement answers as soon as the statement is accepted. The API has no kind of a statement;
// one that is given is for this statement alone.
func (d *api) runStatement(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return nil, err
	}
	var code string
	known := livyapi.Fields{"code": livyapi.String(&code), "kind": kindField(&own.Kind)}
	if _, err := known.DecodeKnown(r.body); err != nil {
		return nil, err
	}
	switch n := utf8.RuneCountInString(code); {
	case n == 0:
		return nil, invalid("The parameter code is mandatory.")
	case n > maxCode:
		return nil, invalid("The parameter code has at most %d characters, not %d.", maxCode, n)
	}
	st, err := d.Manager.Run(r.Context(), s.Ref, session.NewStatement{Language: languageOf(own.Kind), Code: code})
	if err != nil {
		return nil, d.stateError(r.Context(), s, err)
	}
	return statementOf(st), nil
}

// stateError names the state that forbids a statement as the API names it.
func (d *api) stateError(ctx context.Context, s session.Session, err error) error {
	if !errors.Is(err, session.ReasonState) {
		return err
	}
	if now, getErr := d.Manager.Get(ctx, s.Ref); getErr == nil {
		s = now // it may have changed between the two calls
	}
	return &session.Error{Kind: session.Conflict, Reason: session.ReasonState, Msg: "The session is in state " + stateOf(s) + ".", Err: err}
}

// statement names the statement of the path.
func (r *request) statement() (session.StatementRef, error) {
	text := r.PathValue("n")
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return session.StatementRef{}, invalid("A statement id is a whole number, not %q.", text)
	}
	return session.StatementRef{Place: n + 1}, nil // the domain counts from 1
}

func (d *api) getStatement(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	which, err := r.statement()
	if err != nil {
		return nil, err
	}
	st, err := d.Manager.EndedStatement(r.Context(), s.Ref, which)
	if err != nil {
		return nil, noStatement(which, err)
	}
	return statementOf(st), nil
}

func noStatement(which session.StatementRef, err error) error {
	if !errors.Is(err, session.ReasonNoStatement) {
		return err
	}
	return &session.Error{
		Kind: session.NotFound, Reason: session.ReasonNoStatement, Err: err,
		Msg: "The statement " + strconv.FormatInt(which.Place-1, 10) + " does not exist.",
	}
}

type statementsAnswer struct {
	Total      int         `json:"total_statements"`
	Statements []statement `json:"statements"`
}

// listStatements answers all of them: the API has no paging here.
//
// Divergence: a list ends early when it is as large as livyapi.ListBytes, with the right total.
func (d *api) listStatements(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	total, err := d.Manager.CountStatements(r.Context(), s.Ref, session.SeriesCode)
	if err != nil {
		return nil, err
	}
	answer := statementsAnswer{Total: total, Statements: []statement{}}
	err = livyapi.EachStatement(r.Context(), d.Manager, s.Ref, session.SeriesCode, session.Page{Limit: total}, func(st session.Statement) {
		answer.Statements = append(answer.Statements, statementOf(st))
	})
	return answer, err
}

// cancelStatement answers the same for a statement that has ended: there is nothing to cancel, also
// in a session that has.
//
// Divergence: the running code is interrupted, and the statement stays cancelling until it has
// stopped; Livy, which DLI runs, says cancelled after 30 s while the code goes on. An unknown
// statement is not found, where Livy says canceled.
func (d *api) cancelStatement(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	which, err := r.statement()
	if err != nil {
		return nil, err
	}
	if err := d.Manager.Cancel(r.Context(), s.Ref, which); err != nil && !errors.Is(err, session.ReasonState) {
		return nil, noStatement(which, err)
	}
	return message{"canceled"}, nil
}

// statement is the object of a statement. started and completed are not there:
// Livy had them only after DLI was made from it.
type statement struct {
	ID       int64   `json:"id"`
	Code     string  `json:"code"`
	State    string  `json:"state"`
	Output   *output `json:"output"`
	Progress float64 `json:"progress"`
}

// output is the result of a statement; the last three are those of an error, as Livy has them.
type output struct {
	Status         string         `json:"status"`
	ExecutionCount int64          `json:"execution_count"`
	Data           map[string]any `json:"data,omitempty"`
	Name           *string        `json:"ename,omitempty"`
	Value          *string        `json:"evalue,omitempty"`
	Traceback      *[]string      `json:"traceback,omitempty"`
}

func statementOf(st session.Statement) statement {
	progress := st.Progress
	if st.State.Final() {
		progress = 1
	}
	return statement{ID: st.Place - 1, Code: st.Code, State: statementState(st), Output: outputOf(st), Progress: progress}
}

// outputOf is nil until the statement has ended, and for one that never ran.
func outputOf(st session.Statement) *output {
	out := &output{Status: "ok", ExecutionCount: st.Place - 1}
	switch {
	case !st.State.Final(), st.State == session.StatementCancelled && st.Error == nil:
		return nil
	case st.State == session.StatementDone && st.Status == engine.StatusOK:
		out.Data = livyapi.Data(st)
		if text, ok := out.Data[livyapi.TextPlain].(string); ok {
			// "a: Int = 0" in the API's example, where Livy 0.9 ends with a newline.
			out.Data[livyapi.TextPlain] = strings.TrimRight(text, "\n")
		}
		return out
	}
	name, value, traceback := livyapi.ErrorOf(st)
	traceback = list(traceback)
	out.Status, out.Name, out.Value, out.Traceback = "error", &name, &value, &traceback
	if printed := strings.TrimRight(livyapi.Printed(st), "\n"); printed != "" {
		out.Data = map[string]any{livyapi.TextPlain: printed}
	}
	return out
}
