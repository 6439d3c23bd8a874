//go:build e2e

package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// Livy speaks Livy's API, the one in which a session has every language.
type Livy struct{ URL string }

// LivyStatement is a statement as Livy shows it.
type LivyStatement struct {
	ID       int64
	State    string
	Progress float64
	Output   *struct {
		Status    string
		Data      map[string]any
		Ename     string
		Evalue    string
		Traceback []string
	}
}

// Final reports whether the statement will not change any more.
func (s LivyStatement) Final() bool { return s.State == "available" || s.State == "cancelled" }

// Livy is a client of the server.
func (s *Server) Livy() Livy { return Livy{s.URL} }

// Call makes one request and reads the answer into into, which may be nil.
func (l Livy) Call(t *testing.T, method, path string, body, into any) int {
	t.Helper()
	status, err := l.Try(method, path, body, into)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return status
}

// Try is Call for a server that may be away.
func (l Livy) Try(method, path string, body, into any) (int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(method, l.URL+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if into == nil {
		return answer.StatusCode, nil
	}
	return answer.StatusCode, json.NewDecoder(answer.Body).Decode(into)
}

// Create creates a session and returns its id when it is idle.
func (l Livy) Create(t *testing.T, body map[string]any) int64 {
	t.Helper()
	var made struct{ ID int64 }
	if status := l.Call(t, "POST", "/sessions", body, &made); status != http.StatusCreated {
		t.Fatalf("create: %d", status)
	}
	l.WaitState(t, made.ID, "idle")
	return made.ID
}

// State is the state of a session.
func (l Livy) State(t *testing.T, id int64) string {
	t.Helper()
	var s struct{ State string }
	l.Call(t, "GET", fmt.Sprintf("/sessions/%d/state", id), nil, &s)
	return s.State
}

// WaitState waits until the session is in a state.
func (l Livy) WaitState(t *testing.T, id int64, want string) {
	t.Helper()
	Wait(t, fmt.Sprintf("session %d to be %s", id, want), func() bool { return l.State(t, id) == want })
}

// Submit submits code of a kind: pyspark, spark or sql.
func (l Livy) Submit(t *testing.T, id int64, kind, code string) int64 {
	t.Helper()
	var st LivyStatement
	body := map[string]string{"kind": kind, "code": code}
	if status := l.Call(t, "POST", fmt.Sprintf("/sessions/%d/statements", id), body, &st); status != http.StatusCreated {
		t.Fatalf("submit %q: %d", code, status)
	}
	return st.ID
}

// Statement reads a statement.
func (l Livy) Statement(t *testing.T, id, number int64) LivyStatement {
	t.Helper()
	var st LivyStatement
	if status := l.Call(t, "GET", fmt.Sprintf("/sessions/%d/statements/%d", id, number), nil, &st); status != http.StatusOK {
		t.Fatalf("statement %d: %d", number, status)
	}
	return st
}

// Count is the number of statements of a session.
func (l Livy) Count(t *testing.T, id int64) int64 {
	t.Helper()
	var list struct {
		Total int64 `json:"total_statements"`
	}
	if status := l.Call(t, "GET", fmt.Sprintf("/sessions/%d/statements?size=0", id), nil, &list); status != http.StatusOK {
		t.Fatalf("statements of %d: %d", id, status)
	}
	return list.Total
}

// Cancel asks for the end of a statement.
func (l Livy) Cancel(t *testing.T, id, number int64) {
	t.Helper()
	if status := l.Call(t, "POST", fmt.Sprintf("/sessions/%d/statements/%d/cancel", id, number), nil, nil); status != http.StatusOK {
		t.Fatalf("cancel statement %d: %d", number, status)
	}
}

// Finish waits for the end of a statement.
func (l Livy) Finish(t *testing.T, id, number int64) LivyStatement {
	t.Helper()
	var st LivyStatement
	Wait(t, fmt.Sprintf("the end of statement %d", number), func() bool {
		st = l.Statement(t, id, number)
		return st.Final()
	})
	return st
}

// Text runs code that must succeed and returns its text.
func (l Livy) Text(t *testing.T, id int64, kind, code string) string {
	t.Helper()
	st := l.Finish(t, id, l.Submit(t, id, kind, code))
	if st.Output == nil || st.Output.Status != "ok" {
		t.Fatalf("%s: %+v", code, st.Output)
	}
	text, _ := st.Output.Data["text/plain"].(string)
	return text
}
