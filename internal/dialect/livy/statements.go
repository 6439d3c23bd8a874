package livy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// runStatement answers as soon as the statement is accepted.
func (d *api) runStatement(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return reply{}, err
	}
	lang, code, err := readStatement(r, own.Kind)
	if err != nil {
		return reply{}, err
	}
	st, err := d.Manager.Run(r.Context(), s.Ref, session.NewStatement{Language: lang, Code: code})
	if errors.Is(err, session.Unsupported) {
		st, err = d.withoutInterpreter(r.Context(), s, lang, code)
	}
	if errors.Is(err, session.ReasonState) {
		err = d.notRunning(r.Context(), s, err)
	}
	if err != nil {
		return reply{}, err
	}
	path := "/sessions/" + s.ExternalID + "/statements/" + strconv.FormatInt(statementID(st), 10)
	return reply{status: http.StatusCreated, body: wireStatement(st), location: path}, nil
}

// readStatement reads a request for a statement in a session of this kind.
//
// Divergence: a statement without code, or without a kind in a shared session, is 400 like every
// body that cannot be used; Livy answers 500 with the text of an exception, which sparkmagic sends
// again nine times.
func readStatement(r *request, kind string) (engine.Language, string, error) {
	var code *string
	known := fields{
		"code": func(value json.RawMessage) error {
			code = new(string)
			return livyapi.Text(code)(value)
		},
		"kind":     kindField(&kind),
		"msg_type": livyapi.Ignored, // of sparkmagic's ancestors; Livy tolerates it too
	}
	if err := known.read(r); err != nil {
		return "", "", err
	}
	switch {
	case code == nil:
		return "", "", bare(http.StatusBadRequest, "A statement needs code.")
	case kind == kindShared:
		return "", "", bare(http.StatusBadRequest, "A statement in a shared session needs a kind: spark, pyspark, sparkr or sql.")
	}
	return languageOf(kind), *code, nil
}

// withoutInterpreter answers a language that nothing here runs as Livy does where R is not
// installed: with a statement that has failed.
func (d *api) withoutInterpreter(ctx context.Context, s session.Session, lang engine.Language, code string) (session.Statement, error) {
	return d.Manager.Run(ctx, s.Ref, session.NewStatement{Language: lang, Code: code, Failed: &engine.StatementError{
		Name: "InterpreterError", Value: "Fail to start interpreter",
		Traceback: []string{"This server has no interpreter for " + string(lang) + ".\n"},
	}})
}

// tooSoonOrLate is the domain's error of what a session does only while it runs.
func tooSoonOrLate() error {
	return &session.Error{Kind: session.Conflict, Reason: session.ReasonState, Msg: "The session does not run."}
}

// notRunning names the state that forbids a statement.
func (d *api) notRunning(ctx context.Context, s session.Session, cause error) error {
	if now, err := d.Manager.Get(ctx, s.Ref); err == nil {
		s = now // it may have changed between the two calls
	}
	return notRunning(stateOf(s), cause)
}

// statement reads the statement that the path names.
func (d *api) statement(r *request, s session.Session) (session.Statement, error) {
	text := r.PathValue("n")
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return session.Statement{}, noNumber(text)
	}
	return d.Manager.EndedStatement(r.Context(), s.Ref, session.StatementRef{Place: n + 1})
}

func (d *api) getStatement(r *request) (reply, error) {
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	st, err := d.statement(r, s)
	if err != nil {
		return reply{}, err
	}
	return ok(wireStatement(st))
}

// listStatements answers by position, all of them without size.
//
// Divergence: every statement is kept as long as its session; Livy keeps 100. A list ends early
// when it is as large as ListBytes, with the right total: the rest is behind from. And sessions
// that start or have ended answer too, where Livy fails.
func (d *api) listStatements(r *request) (reply, error) {
	from, err := r.number("from", 0)
	if err != nil {
		return reply{}, err
	}
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	total, err := d.Manager.CountStatements(r.Context(), s.Ref, session.SeriesCode)
	if err != nil {
		return reply{}, err
	}
	size, err := r.number("size", total)
	if err != nil {
		return reply{}, err
	}
	first, after := livyapi.Window(total, from, size)
	wire := []object{}
	add := func(st session.Statement) { wire = append(wire, wireStatement(st)) }
	if strings.EqualFold(strings.TrimSpace(r.URL.Query().Get("order")), "desc") {
		err = d.backwards(r.Context(), s, total-after, total-first, add)
	} else {
		page := session.Page{After: int64(first), Limit: after - first}
		err = livyapi.EachStatement(r.Context(), d.Manager, s.Ref, session.SeriesCode, page, add)
	}
	if err != nil {
		return reply{}, err
	}
	return ok(object{{"total_statements", total}, {"statements", wire}})
}

// backwards calls add for the statements at positions first to after-1, the last one first, as far
// as a list goes. None is ever removed, so a position is a place less one.
func (d *api) backwards(ctx context.Context, s session.Session, first, after int, add func(session.Statement)) error {
	for place, size := after, 0; place > first; place-- {
		st, err := d.Manager.Statement(ctx, s.Ref, session.StatementRef{Place: int64(place)})
		if err != nil {
			return err
		}
		if size += st.Size(); size > livyapi.ListBytes && place < after {
			return nil
		}
		add(st)
	}
	return nil
}

// cancelStatement answers 200 whatever it finds, as Livy does: unknown and finished statements, and
// sessions that have ended, have nothing to cancel.
//
// Divergence: the running code is interrupted, and the statement stays cancelling until it has
// stopped; Livy cancels Spark's jobs alone and says cancelled after 30 s while the code runs on.
func (d *api) cancelStatement(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 32)
	if err != nil {
		return reply{}, noNumber(r.PathValue("n"))
	}
	err = d.Manager.Cancel(r.Context(), s.Ref, session.StatementRef{Place: n + 1})
	if err != nil && !errors.Is(err, session.NotFound) && !errors.Is(err, session.ReasonState) {
		return reply{}, err
	}
	return ok(message{"canceled"})
}

// cancelAll cancels every statement and job that has not ended, the last one first, so that none
// begins to run in between.
func (d *api) cancelAll(ctx context.Context, s session.Session) error {
	open, err := d.Manager.Open(ctx, s.Ref)
	if err != nil {
		return err
	}
	for _, st := range slices.Backward(open) {
		if err := d.Manager.Cancel(ctx, s.Ref, session.StatementRef{Series: st.Series, Place: st.Place}); err != nil && !errors.Is(err, session.ReasonState) {
			return err
		}
	}
	return nil
}
