package sessiontest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

func statementRules() []rule {
	return []rule{
		{"Statement_EveryField_SurvivesTheRoundTrip", everyStatementField},
		{"Statement_ZeroFields_ComeBackAsZero", zeroStatement},
		{"InsertStatement_TakenNumber_Exists", takenNumber},
		{"InsertStatement_UnknownSession_IsNotFound", orphanStatement},
		{"InsertStatement_UnknownState_IsRefused", unknownStatementState},
		{"UpdateStatement_EveryField_IsWrittenThatCanChange", updateEveryStatementField},
		{"UpdateStatement_OldVersion_Conflicts", updateOldStatement},
		{"InsertStatement_EachSeries_CountsItsPlaces", drawnPlaces},
		{"ListStatements_Pages_RiseByPlace", statementPages},
		{"ListStatements_OfASeries_LeaveOutTheOthers", statementSeries},
		{"FindStatement_ByPlace_FindsItUntilItsSessionIsDeleted", findStatement},
		{"BriefStatements_LargeOnes_LeaveOutWhatIsLargeAndTellTheirSize", briefStatements},
		{"OpenStatements_WaitingRunningCancelling_InOrder", openStatements},
		{"CountWaiting_Code_IsCountedInBytes", waitingBytes},
		{"EndWaiting_WaitingOfTheSession_AndNoOther", endWaiting},
		{"EndUnread_OpenStatement_IsOverwrittenAndNoOther", endUnread},
	}
}

func everyStatementField(t *testing.T, store session.Store) {
	want := FullStatement(add(t, store).ID, 3)
	want.Version = 9
	write(t, store, func(tx session.Tx) error { return tx.InsertStatement(t.Context(), &want) })
	if want.Version != 1 || want.Place != 1 {
		t.Errorf("Version = %d, Place = %d, want 1 and 1", want.Version, want.Place)
	}
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Output" {
			t.Errorf("FullStatement leaves %s unset: its round trip is not proven", name)
		}
	}
	got, err := store.Statement(t.Context(), want.SessionID, 3)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "statement", got, want)
}

func zeroStatement(t *testing.T, store session.Store) {
	s := session.Statement{
		SessionID: add(t, store).ID, Number: 1, State: session.StatementWaiting,
		Result: map[string]string{}, Output: []session.Output{{Seq: 1, Text: "not stored"}},
	}
	write(t, store, func(tx session.Tx) error { return tx.InsertStatement(t.Context(), &s) })
	got, err := store.Statement(t.Context(), s.SessionID, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.Result, s.Output = nil, nil
	s.Place = 1
	wantSame(t, "statement", got, s)
}

func takenNumber(t *testing.T, store session.Store) {
	id := add(t, store).ID
	addStatement(t, store, id, 1)
	write(t, store, func(tx session.Tx) error {
		again := Statement(id, 1)
		wantError(t, tx.InsertStatement(t.Context(), &again), session.Exists, "")
		next := Statement(id, 2)
		return tx.InsertStatement(t.Context(), &next)
	})
	addStatement(t, store, add(t, store).ID, 1)
}

func orphanStatement(t *testing.T, store session.Store) {
	s := Statement("nobody", 1)
	err := store.WithTx(t.Context(), func(tx session.Tx) error { return tx.InsertStatement(t.Context(), &s) })
	wantError(t, err, session.NotFound, session.ReasonNoSession)
}

func unknownStatementState(t *testing.T, store session.Store) {
	s := Statement(add(t, store).ID, 1, func(s *session.Statement) { s.State = "resting" })
	err := store.WithTx(t.Context(), func(tx session.Tx) error { return tx.InsertStatement(t.Context(), &s) })
	wantError(t, session.AsError(err), session.Internal, "")
}

func updateEveryStatementField(t *testing.T, store session.Store) {
	s := addStatement(t, store, add(t, store).ID, 1)
	full := FullStatement(s.SessionID, 1)
	write(t, store, func(tx session.Tx) error { return tx.UpdateStatement(t.Context(), &full) })
	got, err := store.Statement(t.Context(), s.SessionID, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := s
	want.State, want.Status, want.Error, want.Result = full.State, full.Status, full.Error, full.Result
	want.ExecutionCount, want.Progress = full.ExecutionCount, full.Progress
	want.StartedAt, want.CompletedAt, want.Version = full.StartedAt, full.CompletedAt, 2
	wantSame(t, "statement", got, want)
	if full.Version != 2 {
		t.Errorf("Version = %d, want 2", full.Version)
	}
}

func updateOldStatement(t *testing.T, store session.Store) {
	s := addStatement(t, store, add(t, store).ID, 1)
	old := s
	s.State = session.StatementRunning
	write(t, store, func(tx session.Tx) error { return tx.UpdateStatement(t.Context(), &s) })
	write(t, store, func(tx session.Tx) error {
		wantError(t, tx.UpdateStatement(t.Context(), &old), session.Conflict, session.ReasonConcurrent)
		absent := Statement(s.SessionID, 2)
		wantError(t, tx.UpdateStatement(t.Context(), &absent), session.NotFound, session.ReasonNoStatement)
		orphan := Statement("nobody", 1)
		wantError(t, tx.UpdateStatement(t.Context(), &orphan), session.NotFound, session.ReasonNoStatement)
		got, err := tx.Statement(t.Context(), s.SessionID, 1)
		if err == nil && got.State != session.StatementRunning {
			t.Errorf("State = %s, want running", got.State)
		}
		return err
	})
}

func statementPages(t *testing.T, store session.Store) {
	id, other := add(t, store).ID, add(t, store).ID
	for _, n := range []int64{3, 1, 5, 2, 4} {
		addStatement(t, store, id, n)
		addStatement(t, store, other, n)
	}
	for _, c := range []struct {
		page session.Page
		want []int64
	}{
		{session.Page{Limit: 10}, []int64{3, 1, 5, 2, 4}},
		{session.Page{Limit: 2}, []int64{3, 1}},
		{session.Page{Limit: 2, After: 2}, []int64{5, 2}},
		{session.Page{Limit: 2, After: 4}, []int64{4}},
		{session.Page{Limit: 2, After: 5}, nil},
	} {
		got, err := store.ListStatements(t.Context(), id, session.SeriesCode, c.page)
		if n := numbers(whole(got)); err != nil || !slices.Equal(n, c.want) {
			t.Errorf("page %+v: %v, %v, want %v", c.page, n, err, c.want)
		}
	}
	if got, err := store.ListStatements(t.Context(), "nobody", session.SeriesCode, session.Page{Limit: 9}); len(got) != 0 || err != nil {
		t.Errorf("statements of no session: %v, %v", got, err)
	}
	_, err := store.Statement(t.Context(), id, 6)
	wantError(t, err, session.NotFound, session.ReasonNoStatement)
}

func statementSeries(t *testing.T, store session.Store) {
	id := add(t, store).ID
	for i, series := range []session.Series{session.SeriesJobs, session.SeriesCode, session.SeriesCode, session.SeriesJobs, session.SeriesCode} {
		addStatement(t, store, id, int64(i+1), func(s *session.Statement) { s.Series = series })
	}
	for _, c := range []struct {
		series session.Series
		page   session.Page
		want   []int64
	}{
		{session.SeriesCode, session.Page{Limit: 9}, []int64{2, 3, 5}},
		{session.SeriesCode, session.Page{Limit: 1, After: 1}, []int64{3}},
		{session.SeriesJobs, session.Page{Limit: 9}, []int64{1, 4}},
		{session.SeriesJobs, session.Page{Limit: 9, After: 1}, []int64{4}},
		{session.SeriesJobs, session.Page{Limit: 9, After: 2}, nil},
	} {
		got, err := store.ListStatements(t.Context(), id, c.series, c.page)
		if n := numbers(whole(got)); err != nil || !slices.Equal(n, c.want) {
			t.Errorf("series %q, page %+v: %v, %v, want %v", c.series, c.page, n, err, c.want)
		}
	}
	if open, err := store.OpenStatements(t.Context(), id, 9); len(open) != 5 || err != nil {
		t.Errorf("%d open, %v, want all 5 in one queue", len(open), err)
	}
}

func drawnPlaces(t *testing.T, store session.Store) {
	id, other := add(t, store).ID, add(t, store).ID
	var got []int64
	for i, series := range []session.Series{session.SeriesCode, session.SeriesJobs, session.SeriesCode, "third", session.SeriesJobs} {
		st := addStatement(t, store, id, int64(i+1), func(s *session.Statement) { s.Series, s.Place = series, 7 })
		got = append(got, st.Place)
	}
	got = append(got, addStatement(t, store, other, 1).Place)
	if want := []int64{1, 1, 2, 1, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("places %v, want %v", got, want)
	}
	for series, want := range map[session.Series]int{session.SeriesCode: 2, session.SeriesJobs: 2, "third": 1, "none": 0} {
		if n, err := store.CountStatements(t.Context(), id, series); n != want || err != nil {
			t.Errorf("CountStatements of %q = %d, %v, want %d", series, n, err, want)
		}
	}
}

func findStatement(t *testing.T, store session.Store) {
	s, other := add(t, store), add(t, store)
	addStatement(t, store, s.ID, 1, func(s *session.Statement) { s.Series = session.SeriesJobs })
	want := addStatement(t, store, s.ID, 2)
	addStatement(t, store, other.ID, 1)
	first := session.StatementRef{Place: 1}
	got, err := store.FindStatement(t.Context(), s.ID, first)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "statement", got.Statement, want)
	got, err = store.FindStatement(t.Context(), s.ID, session.StatementRef{Series: session.SeriesJobs, Place: 1})
	if err != nil || got.Number != 1 {
		t.Errorf("the job is statement %d (%v), want 1", got.Number, err)
	}
	for _, which := range []session.StatementRef{{Place: 2}, {Place: 0}, {Series: session.SeriesJobs, Place: 2}, {Series: "third", Place: 1}} {
		_, err := store.FindStatement(t.Context(), s.ID, which)
		wantError(t, err, session.NotFound, session.ReasonNoStatement)
	}
	_, err = store.FindStatement(t.Context(), "nobody", first)
	wantError(t, err, session.NotFound, session.ReasonNoStatement)
	update(t, store, &s, func(s *session.Session) { s.DeletedAt = Began() })
	_, err = store.FindStatement(t.Context(), s.ID, first)
	wantError(t, err, session.NotFound, session.ReasonNoStatement)
	if _, err := store.Statement(t.Context(), s.ID, 2); err != nil {
		t.Errorf("the statement of a deleted session is gone: %v", err)
	}
}

func briefStatements(t *testing.T, store session.Store) {
	s := add(t, store)
	text := func(n int) string { return strings.Repeat("ö", n/2) + strings.Repeat("x", n%2) }
	for i, c := range []struct {
		name                string
		code, result, error int
		output              []int
		brief               bool
	}{
		{"small", 10, 0, 0, nil, false},
		{"as large as can be", session.BriefBytes - len("{}null"), 0, 0, []int{5, 200 << 10}, false},
		{"a byte larger", session.BriefBytes - len("{}null") + 1, 0, 0, []int{7}, true},
		{"a large result", 10, session.BriefBytes, 0, nil, true},
		{"a large error", 10, 0, session.BriefBytes, nil, true},
	} {
		number := int64(i + 1)
		want := addStatement(t, store, s.ID, number, func(s *session.Statement) {
			s.Code, s.Result, s.Error = text(c.code), nil, nil
			if c.result > 0 {
				s.Result = map[string]string{"text/plain": text(c.result)}
			}
			if c.error > 0 {
				s.Error = &engine.StatementError{Name: "E", Value: text(c.error)}
			}
		})
		bytes, output := int64(c.code+dictionaryBytes(want.Result)+jsonBytes(want.Error)), int64(0)
		for j, n := range c.output {
			output += int64(n + len("{}"))
			write(t, store, func(tx session.Tx) error {
				return tx.AppendOutput(t.Context(), s.ID, number, []session.Output{{Seq: uint64(10*i + j + 1), Stream: "stdout", Text: text(n)}})
			})
		}
		found, err := store.FindStatement(t.Context(), s.ID, session.StatementRef{Place: number})
		listed, errList := store.ListStatements(t.Context(), s.ID, session.SeriesCode, session.Page{After: number - 1, Limit: 1})
		if err != nil || errList != nil || len(listed) != 1 {
			t.Fatalf("%s: %v; %d in a list, %v", c.name, err, len(listed), errList)
		}
		if c.brief {
			want.Code, want.Result, want.Error = "", nil, nil
		}
		for _, got := range []session.BriefStatement{found, listed[0]} {
			wantSame(t, c.name, got.Statement, want)
			if got.Brief != c.brief || got.Bytes != bytes || got.OutputBytes != output {
				t.Errorf("%s: brief %t with %d and %d bytes, want %t with %d and %d", c.name, got.Brief, got.Bytes, got.OutputBytes, c.brief, bytes, output)
			}
		}
	}
}

func openStatements(t *testing.T, store session.Store) {
	id := add(t, store).ID
	states := []session.StatementState{
		session.StatementDone, session.StatementCancelled, session.StatementFailed,
		session.StatementCancelling, session.StatementRunning, session.StatementWaiting, session.StatementWaiting,
	}
	for i, state := range states {
		addStatement(t, store, id, int64(i+1), func(s *session.Statement) { s.State = state })
	}
	addStatement(t, store, add(t, store).ID, 1)
	got, err := store.OpenStatements(t.Context(), id, 100)
	if n := numbers(got); err != nil || !slices.Equal(n, []int64{4, 5, 6, 7}) {
		t.Errorf("open: %v, %v, want 4 to 7", n, err)
	}
	got, err = store.OpenStatements(t.Context(), id, 2)
	if n := numbers(got); err != nil || !slices.Equal(n, []int64{4, 5}) {
		t.Errorf("two open: %v, %v, want 4 and 5", n, err)
	}
	for _, s := range got {
		if s.Code != "" || s.Result != nil {
			t.Errorf("an open statement is read with code %q and result %v", s.Code, s.Result)
		}
	}
	next, err := store.NextStatement(t.Context(), id)
	if err != nil || next.Number != 4 || next.Code == "" {
		t.Errorf("NextStatement = %d with code %q, %v, want 4", next.Number, next.Code, err)
	}
	_, err = store.NextStatement(t.Context(), "nobody")
	wantError(t, err, session.NotFound, session.ReasonNoStatement)
	if n, bytes, err := store.CountWaiting(t.Context(), id); n != 2 || bytes != 2*int64(len(next.Code)) || err != nil {
		t.Errorf("CountWaiting = %d with %d bytes, %v, want 2", n, bytes, err)
	}
	if n, bytes, err := store.CountWaiting(t.Context(), "nobody"); n != 0 || bytes != 0 || err != nil {
		t.Errorf("CountWaiting of no session = %d with %d bytes, %v", n, bytes, err)
	}
}

func waitingBytes(t *testing.T, store session.Store) {
	id := add(t, store).ID
	for i, code := range []string{"1", "é\x00", "\xff\xfe"} {
		addStatement(t, store, id, int64(i+1), func(s *session.Statement) { s.State, s.Code = session.StatementWaiting, code })
	}
	if n, bytes, err := store.CountWaiting(t.Context(), id); n != 3 || bytes != 6 || err != nil {
		t.Errorf("CountWaiting = %d with %d bytes, %v, want 3 with 6", n, bytes, err)
	}
}

func endWaiting(t *testing.T, store session.Store) {
	id, other := add(t, store).ID, add(t, store).ID
	var before []session.Statement
	for i, state := range []session.StatementState{session.StatementDone, session.StatementRunning, session.StatementWaiting, session.StatementWaiting} {
		before = append(before, addStatement(t, store, id, int64(i+1), func(s *session.Statement) { s.State, s.Progress = state, 0.5 }))
	}
	untouched := addStatement(t, store, other, 1, func(s *session.Statement) { s.State = session.StatementWaiting })
	end := session.Statement{
		State: session.StatementFailed, CompletedAt: Began().Add(time.Hour),
		Error: &engine.StatementError{Name: "SessionEnded", Value: "why", Traceback: []string{}},
	}
	write(t, store, func(tx session.Tx) error { return tx.EndWaiting(t.Context(), id, end) })
	for i, want := range before {
		if want.State == session.StatementWaiting {
			want.State, want.Error, want.CompletedAt, want.Progress = end.State, end.Error, end.CompletedAt, 1
			want.Version++
		}
		got, err := store.Statement(t.Context(), id, int64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, fmt.Sprintf("statement %d", i+1), got, want)
	}
	got, err := store.Statement(t.Context(), other, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "another session's", got, untouched)
}

func endUnread(t *testing.T, store session.Store) {
	id := add(t, store).ID
	add := func(number int64, state session.StatementState) session.Statement {
		return addStatement(t, store, id, number, func(s *session.Statement) { s.State, s.Progress = state, 0.5 })
	}
	final := add(1, session.StatementDone)
	open := []session.Statement{add(2, session.StatementWaiting), add(3, session.StatementRunning), add(4, session.StatementCancelling)}
	untouched := add(5, session.StatementWaiting)
	end := session.Statement{
		State: session.StatementFailed, Progress: 1, StartedAt: Began(), CompletedAt: Began().Add(time.Hour),
		Error: &engine.StatementError{Name: "StatementUnreadable", Value: "why", Traceback: []string{}},
	}
	write(t, store, func(tx session.Tx) error {
		for _, st := range open {
			if err := tx.EndUnread(t.Context(), id, st.Number, end); err != nil {
				return err
			}
		}
		for _, number := range []int64{final.Number, 9} {
			wantError(t, tx.EndUnread(t.Context(), id, number, end), session.NotFound, session.ReasonNoStatement)
		}
		return nil
	})
	want := []session.Statement{final}
	for _, st := range open {
		st.State, st.Status, st.Error, st.Result, st.ExecutionCount = end.State, "", end.Error, nil, 0
		st.Progress, st.StartedAt, st.CompletedAt = 1, end.StartedAt, end.CompletedAt
		st.Version++
		want = append(want, st)
	}
	for _, st := range append(want, untouched) {
		got, err := store.Statement(t.Context(), id, st.Number)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, fmt.Sprintf("statement %d", st.Number), got, st)
	}
}
