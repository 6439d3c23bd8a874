//go:build e2e

package harness

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// Role is the role that requests name.
const Role = "arn:aws:iam::000000000000:role/GlueRole"

// Request is the smallest CreateSession that real clients send.
func Request(id string) *glue.CreateSessionInput {
	in := &glue.CreateSessionInput{
		Id: aws.String(id), Role: aws.String(Role),
		Command: &types.SessionCommand{Name: aws.String("glueetl"), PythonVersion: aws.String("3")},
	}
	if version := os.Getenv("HEARTH_TEST_GLUE_VERSION"); version != "" {
		in.GlueVersion = aws.String(version)
	}
	return in
}

// Create creates a session and returns when it is READY.
func Create(t *testing.T, c *glue.Client, id string) {
	t.Helper()
	if _, err := c.CreateSession(t.Context(), Request(id)); err != nil {
		t.Fatal(err)
	}
	WaitStatus(t, c, id, types.SessionStatusReady)
}

// Session reads a session.
func Session(t *testing.T, c *glue.Client, id string) *types.Session {
	t.Helper()
	out, err := c.GetSession(t.Context(), &glue.GetSessionInput{Id: aws.String(id)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Session
}

// WaitStatus waits for a status; a final one that is not wanted fails at once.
func WaitStatus(t *testing.T, c *glue.Client, id string, want types.SessionStatus) *types.Session {
	t.Helper()
	var s *types.Session
	Wait(t, id+" to be "+string(want), func() bool {
		s = Session(t, c, id)
		switch s.Status {
		case want:
			return true
		case types.SessionStatusFailed, types.SessionStatusStopped, types.SessionStatusTimeout:
			t.Fatalf("%s is %s and not %s: %s", id, s.Status, want, aws.ToString(s.ErrorMessage))
		}
		return false
	})
	return s
}

// Submit hands over code and returns its number.
func Submit(t *testing.T, c *glue.Client, id, code string) int32 {
	t.Helper()
	out, err := c.RunStatement(t.Context(), &glue.RunStatementInput{SessionId: aws.String(id), Code: aws.String(code)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Id
}

// Statement reads a statement.
func Statement(t *testing.T, c *glue.Client, id string, number int32) *types.Statement {
	t.Helper()
	out, err := c.GetStatement(t.Context(), &glue.GetStatementInput{SessionId: aws.String(id), Id: number})
	if err != nil {
		t.Fatal(err)
	}
	return out.Statement
}

// Finish waits for the end of a statement.
func Finish(t *testing.T, c *glue.Client, id string, number int32) *types.Statement {
	t.Helper()
	var st *types.Statement
	Wait(t, "the end of a statement", func() bool {
		st = Statement(t, c, id, number)
		switch st.State {
		case types.StatementStateAvailable, types.StatementStateError, types.StatementStateCancelled:
			return true
		}
		return false
	})
	return st
}

// Text runs code that must succeed and returns what it shows.
func Text(t *testing.T, c *glue.Client, id, code string) string {
	t.Helper()
	return Shown(t, Finish(t, c, id, Submit(t, c, id, code)))
}

// Shown is the text of a statement that must have succeeded.
func Shown(t *testing.T, st *types.Statement) string {
	t.Helper()
	if st.State != types.StatementStateAvailable || st.Output == nil || st.Output.Status != "ok" {
		t.Fatalf("the statement ended as %s: %s", st.State, Told(st))
	}
	return aws.ToString(st.Output.Data.TextPlain)
}

// Told is what a statement says of its failure.
func Told(st *types.Statement) string {
	if st.Output == nil {
		return ""
	}
	return aws.ToString(st.Output.ErrorName) + ": " + aws.ToString(st.Output.ErrorValue)
}
