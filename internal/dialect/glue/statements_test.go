package glue

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

func TestStatement_ThatSucceedsOrFails_IsAvailable(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		ok := r.run("s", "print a;warn b;value 'c'")
		if *ok.Output.Data.TextPlain != "a\nb\n'c'" || ok.Output.Status != "ok" || ok.Progress != 1 || ok.Id != 1 || ok.Output.ExecutionCount != 1 {
			t.Errorf("ok = %+v, text %q", ok.Output, *ok.Output.Data.TextPlain)
		}
		if ok.StartedOn < 946684800000 || ok.CompletedOn < ok.StartedOn {
			t.Errorf("times are %d and %d, want milliseconds", ok.StartedOn, ok.CompletedOn)
		}
		bad := r.run("s", "print so far;error ValueError boom")
		if bad.Output.Status != "error" || *bad.Output.ErrorName != "ValueError" || *bad.Output.ErrorValue != "boom" ||
			len(bad.Output.Traceback) == 0 || *bad.Output.Data.TextPlain != "so far" {
			t.Errorf("bad = %+v", bad.Output)
		}
		if empty := r.run("s", "sleep 1s"); *empty.Output.Data.TextPlain != "" || empty.Output.Status != "ok" {
			t.Errorf("empty = %+v", empty.Output)
		}
	})
}

func TestStatement_WhileItRuns_ShowsItsOutputAndProgress(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		number := r.submit("s", "print first;progress 0.5;sleep 1h;print last")
		time.Sleep(time.Minute)
		now := r.statement("s", number)
		if now.State != types.StatementStateRunning || *now.Output.Data.TextPlain != "first" || now.Progress != 0.5 || now.Output.Status != "" {
			t.Errorf("running = %+v %+v", now, now.Output)
		}
		waits := r.statement("s", r.submit("s", "value 1"))
		if waits.State != types.StatementStateWaiting || waits.Output != nil {
			t.Errorf("waiting = %+v", waits)
		}
		if got := r.session("s"); got.Status != types.SessionStatusReady || got.Progress != 0.5 {
			t.Errorf("session = %s, %v", got.Status, got.Progress)
		}
	})
}

func TestCancelStatement_RunningAndWaiting_EndCancelled(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		for _, origin := range []struct {
			name string
			want types.StatementState
		}{
			{"GluePySparkKernel", types.StatementStateCancelled},
			{"dbt-glue", types.StatementStateCancelling},
			{"dbt-glue-role", types.StatementStateCancelling},
		} {
			id := origin.name
			r.ready(id, func(in *glue.CreateSessionInput) { in.RequestOrigin = aws.String(origin.name) })
			printed, silent := r.submit(id, "print x;hang"), r.submit(id, "hang")
			time.Sleep(time.Second)
			for _, number := range []int32{silent, printed, printed} {
				if _, err := r.CancelStatement(t.Context(), &glue.CancelStatementInput{SessionId: &id, Id: number}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
			if got := r.untilStatement(id, printed, origin.want); *got.Output.Data.TextPlain != "x" {
				t.Errorf("%s: output = %+v", id, got.Output)
			}
			if got := r.untilStatement(id, silent, origin.want); got.Output == nil || got.Output.Data != nil {
				t.Errorf("%s: output = %+v", id, got.Output)
			}
			if got := r.run(id, "value 3"); *got.Output.Data.TextPlain != "3" {
				t.Errorf("%s: the session is not usable after a cancel", id)
			}
		}
	})
}

func TestStatements_OfAnEndedSession_StayReadable(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		number := r.run("s", "print kept").Id
		if _, err := r.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String("s")}); err != nil {
			t.Fatal(err)
		}
		r.until("s", types.SessionStatusStopped)
		if got := r.statement("s", number); *got.Output.Data.TextPlain != "kept" {
			t.Errorf("output = %+v", got.Output)
		}
		_, err := r.CancelStatement(t.Context(), &glue.CancelStatementInput{SessionId: aws.String("s"), Id: number})
		if code, _ := wantRefusal(t, err); code != "IllegalSessionStateException" {
			t.Errorf("cancel: %s", code)
		}
	})
}

func TestRunStatement_TooMuch_IsRefused(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		r.submit("s", "hang")
		time.Sleep(time.Second)
		for range 3 {
			r.submit("s", "value 1")
		}
		_, err := r.RunStatement(t.Context(), &glue.RunStatementInput{SessionId: aws.String("s"), Code: aws.String("value 1")})
		if code, _ := wantRefusal(t, err); code != "SessionBusyException" {
			t.Errorf("queue: %s", code)
		}
		_, err = r.RunStatement(t.Context(), &glue.RunStatementInput{SessionId: aws.String("s"), Code: aws.String(strings.Repeat("ü", 68001))})
		if code, _ := wantRefusal(t, err); code != "ValidationException" {
			t.Errorf("length: %s", code)
		}
	})
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		if got := r.run("s", strings.Repeat(";", 68000)); got.Output.Status != "ok" {
			t.Errorf("68000 characters: %+v", got.Output)
		}
	})
}

func TestStatements_Unknown_AreNotFound(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		for _, number := range []int32{0, -1, 1, 1<<31 - 1} {
			_, err := r.GetStatement(t.Context(), &glue.GetStatementInput{SessionId: aws.String("s"), Id: number})
			if code, _ := wantRefusal(t, err); code != "EntityNotFoundException" {
				t.Errorf("get %d: %s", number, code)
			}
			_, err = r.CancelStatement(t.Context(), &glue.CancelStatementInput{SessionId: aws.String("s"), Id: number})
			if code, _ := wantRefusal(t, err); code != "EntityNotFoundException" {
				t.Errorf("cancel %d: %s", number, code)
			}
		}
		_, err := r.ListStatements(t.Context(), &glue.ListStatementsInput{SessionId: aws.String("nobody")})
		if code, msg := wantRefusal(t, err); code != "EntityNotFoundException" || msg != "Session nobody not found" {
			t.Errorf("list: %s: %s", code, msg)
		}
	})
}
