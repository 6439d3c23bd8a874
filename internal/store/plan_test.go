package store

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"hearth/internal/session"
)

func TestSQLite_EachHotQuery_UsesItsIndex(t *testing.T) {
	s := openTestSQLite(t)
	list := selection(session.Filter{Dialect: "glue", Scope: "s", Collections: []string{""}})
	count := selection(session.Filter{Dialect: "glue", Scope: "s", Collections: []string{""}, States: session.LiveStates()})
	room := selection(session.Filter{Dialect: "glue", Scope: "s", States: session.LiveStates(), Deleted: true})
	tagged := selection(session.Filter{Dialect: "glue", Collections: []string{""}, Scope: "s", Tags: map[string]string{"a": "b"}})
	shown := selection(session.Filter{Dialect: "glue", Scope: "s", Collections: []string{""}, EndedAfter: time.Now()})
	from := `SELECT ` + sessionRow + ` FROM sessions`
	for _, c := range []struct {
		query string
		args  int
		want  []string
	}{
		{selectSession, 1, []string{"SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)"}},
		{findSession, 4, []string{"sessions_external_id (dialect=? AND collection=? AND scope=? AND external_id=?)"}},
		{instanceOwners, 0, []string{"SCAN sessions"}},
		{dueSessions, 2, []string{"sessions_idle_deadline (idle_deadline<?)", "sessions_lifetime_deadline (lifetime_deadline<?)", "sessions_heartbeat_deadline (heartbeat_deadline<?)"}},
		{endedSessions, 2, []string{"sessions_ended (ended_at<?)"}},
		{uncountedSessions, 1, []string{"sessions_ended"}},
		{excessSessions, 2, []string{"SCAN sessions USING COVERING INDEX sessions_ended"}},
		{countStatementBytes, 3, []string{"SEARCH statements USING INDEX sqlite_autoindex_statements_1 (session_id=? AND number>?)"}},
		{countOutputBytes, 3, []string{"SEARCH outputs USING INDEX sqlite_autoindex_outputs_1 (session_id=? AND seq>?)"}},
		{from + list.String() + ` ORDER BY seq DESC LIMIT 9`, 3, []string{"sessions_list (dialect=? AND scope=? AND collection=?)"}},
		{`SELECT count(*) FROM sessions` + count.String(), 8, []string{"COVERING INDEX sessions_state (dialect=? AND scope=? AND collection=? AND state=?)"}},
		{`SELECT count(*) FROM sessions` + room.String(), 7, []string{"INDEX sessions_unfinished"}},
		{from + tagged.String() + ` ORDER BY seq DESC`, 5, []string{"session_tags_value (key=? AND value=? AND session_id=?)"}},
		{`SELECT count(*) FROM sessions` + shown.String(), 4, []string{
			"COVERING INDEX sessions_list (dialect=? AND scope=? AND collection=?)",
		}},
		{from + shown.String() + ` ORDER BY seq ASC LIMIT 9 OFFSET 9`, 4, []string{"sessions_list (dialect=? AND scope=? AND collection=?)"}},
		{findStatement, 3, []string{"statements_place (session_id=? AND series=? AND place=?)"}},
		{openStatements, 2, []string{"statements_open (session_id=?)"}},
		{nextStatement, 1, []string{"statements_open (session_id=?)"}},
		{endWaiting, 4, []string{"statements_open (session_id=?)"}},
		{listStatements, 4, []string{"statements_place (session_id=? AND series=? AND place>?)"}},
		{countStatements, 2, []string{"statements_place (session_id=? AND series=?)"}},
		{countWaiting, 1, []string{"statements_open (session_id=?)"}},
		{selectOutput, 2, []string{"outputs_statement (session_id=? AND number=?)"}},
	} {
		plan := explain(t, s.write, c.query, c.args)
		for _, want := range c.want {
			if !strings.Contains(plan, want) {
				t.Errorf("%s\nruns as\n%s\nwant %s", c.query, plan, want)
			}
		}
		if strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") && c.query != dueSessions && c.query != excessSessions {
			t.Errorf("%s\nsorts:\n%s", c.query, plan)
		}
	}
}

func explain(t *testing.T, db *sql.DB, query string, args int) string {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, make([]any, args)...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}
