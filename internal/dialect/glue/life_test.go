package glue

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

func slow(d time.Duration) func(engine.Spec) fake.Behaviour {
	return func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: d, StopTakes: d} }
}

func TestSession_FromCreationToDeletion_ShowsGluesStates(t *testing.T) {
	within(t, slow(4*time.Second), func(t *testing.T, r *fixture) {
		made := r.create("a b/../c", func(in *glue.CreateSessionInput) {
			in.NumberOfWorkers, in.WorkerType = aws.Int32(3), types.WorkerTypeG2x
			in.Description, in.SecurityConfiguration = aws.String("why"), aws.String("strict")
			in.Connections = &types.ConnectionsList{Connections: []string{"c"}}
			in.IdleTimeout, in.Timeout, in.GlueVersion = aws.Int32(30), aws.Int32(60), aws.String("5.0")
			in.DefaultArguments = map[string]string{"--x": "1"}
		})
		if made.Status != types.SessionStatusProvisioning || *made.Id != "a b/../c" || made.Progress >= 1 {
			t.Errorf("created = %+v", made)
		}
		ready := r.until("a b/../c", types.SessionStatusReady)
		time.Sleep(10 * time.Second)
		ready = r.session(*ready.Id)
		if ready.Progress != 1 || *ready.MaxCapacity != 6 || *ready.NumberOfWorkers != 3 || ready.WorkerType != types.WorkerTypeG2x ||
			*ready.IdleTimeout != 30 || *ready.GlueVersion != "5.0" || *ready.Role != role || *ready.Command.Name != "glueetl" ||
			*ready.Description != "why" || *ready.SecurityConfiguration != "strict" || ready.Connections.Connections[0] != "c" ||
			ready.DefaultArguments["--x"] != "1" || ready.SessionType != types.SessionTypeLivy {
			t.Errorf("ready = %+v", ready)
		}
		if *ready.ExecutionTime < 10 || *ready.DPUSeconds != *ready.ExecutionTime*6 || ready.CompletedOn != nil {
			t.Errorf("accounting = %v s, %v DPU s", *ready.ExecutionTime, *ready.DPUSeconds)
		}
		for range 2 { // stopping again changes nothing
			if _, err := r.StopSession(t.Context(), &glue.StopSessionInput{Id: made.Id}); err != nil {
				t.Fatal(err)
			}
			if got := r.session(*made.Id).Status; got != types.SessionStatusStopping {
				t.Errorf("after StopSession: %s", got)
			}
		}
		stopped := r.until(*made.Id, types.SessionStatusStopped)
		if stopped.CompletedOn == nil || stopped.ErrorMessage != nil {
			t.Errorf("stopped = %+v", stopped)
		}
		if _, err := r.CreateSession(t.Context(), request(*made.Id)); err == nil {
			t.Error("the id of a stopped session was given again")
		} else if code, msg := wantRefusal(t, err); code != "AlreadyExistsException" || msg != "Session already exists." {
			t.Errorf("%s: %s", code, msg)
		}
		if _, err := r.DeleteSession(t.Context(), &glue.DeleteSessionInput{Id: made.Id}); err != nil {
			t.Fatal(err)
		}
		r.ready(*made.Id)
	})
}

func TestStopAndDelete_UnknownID_SucceedQuietly(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		stopped, err := r.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String("nobody")})
		if err != nil || *stopped.Id != "nobody" {
			t.Errorf("stop: %v", err)
		}
		deleted, err := r.DeleteSession(t.Context(), &glue.DeleteSessionInput{Id: aws.String("nobody")})
		if err != nil || *deleted.Id != "nobody" {
			t.Errorf("delete: %v", err)
		}
	})
}

func TestSession_LeftAlone_TimesOut(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("idle", func(in *glue.CreateSessionInput) { in.IdleTimeout = aws.Int32(1) })
		r.ready("old", func(in *glue.CreateSessionInput) { in.Timeout = aws.Int32(2) })
		r.submit("old", "hang")
		time.Sleep(3 * time.Minute)
		for _, id := range []string{"idle", "old"} {
			if s := r.until(id, types.SessionStatusTimeout); s.ErrorMessage == nil {
				t.Errorf("%s has no ErrorMessage", id)
			}
		}
		_, err := r.RunStatement(t.Context(), &glue.RunStatementInput{SessionId: aws.String("idle"), Code: aws.String("value 1")})
		if code, msg := wantRefusal(t, err); code != "InvalidInputException" || msg != "Session is not ready, session_id=idle, status=TIMEOUT" {
			t.Errorf("%s: %s", code, msg)
		}
	})
}

func TestSession_ThatBreaks_IsFailedAndSaysWhy(t *testing.T) {
	behave := func(s engine.Spec) fake.Behaviour {
		if s.Setup.AppName == "never" {
			return fake.Behaviour{FailStart: "java is missing", ReadyAfter: time.Second}
		}
		return fake.Behaviour{}
	}
	within(t, behave, func(t *testing.T, r *fixture) {
		r.create("never")
		if s := r.until("never", types.SessionStatusFailed); !strings.Contains(aws.ToString(s.ErrorMessage), "java is missing") {
			t.Errorf("ErrorMessage = %q", aws.ToString(s.ErrorMessage))
		}
		for id, code := range map[string]string{"crashed": "crash", "exited": "exit 3", "oom": "oom", "degraded": "degrade"} {
			r.ready(id)
			number := r.submit(id, code)
			if s := r.until(id, types.SessionStatusFailed); aws.ToString(s.ErrorMessage) == "" {
				t.Errorf("%s has no ErrorMessage", id)
			}
			failed := r.untilStatement(id, number, types.StatementStateError)
			if failed.Output == nil || failed.Output.ErrorValue == nil || failed.Output.ErrorName == nil || failed.Output.Traceback == nil {
				t.Errorf("%s: output = %+v", id, failed.Output)
			}
		}
	})
}

func TestGetSession_Always_HasTheKeysThatClientsRead(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("plain", func(in *glue.CreateSessionInput) { in.Command.PythonVersion = nil })
		_, body := r.raw("AWSGlue.GetSession", `{"Id":"plain"}`)
		var answer struct{ Session map[string]any }
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		// aws-glue-sessions 1.0.9 and dbt-glue 1.12.4 read these without asking.
		for _, key := range []string{
			"Id", "Status", "Role", "CreatedOn", "GlueVersion", "Command", "IdleTimeout", "Timeout", "WorkerType",
			"NumberOfWorkers", "MaxCapacity", "Progress", "DefaultArguments", "ExecutionTime", "DPUSeconds", "SessionType",
		} {
			if _, ok := answer.Session[key]; !ok {
				t.Errorf("there is no %s", key)
			}
		}
		for key, want := range map[string]any{
			"Timeout": 2880.0, "IdleTimeout": 2880.0, "NumberOfWorkers": 5.0, "WorkerType": "G.1X", "MaxCapacity": 5.0, "GlueVersion": "5.1",
		} {
			if answer.Session[key] != want {
				t.Errorf("%s = %v, want %v", key, answer.Session[key], want)
			}
		}
	})
}

func TestSessions_OfOtherRegions_AreNotSeen(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("mine")
		_, err := r.client("us-east-1").GetSession(t.Context(), &glue.GetSessionInput{Id: aws.String("mine")})
		if code, msg := wantRefusal(t, err); code != "EntityNotFoundException" || msg != "Session mine not found" {
			t.Errorf("%s: %s", code, msg)
		}
	})
}

func TestCreateSession_AtTheQuota_IsRefused(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		for i := range 20 {
			r.create(string(rune('a' + i)))
		}
		_, err := r.CreateSession(t.Context(), request("more"))
		if code, _ := wantRefusal(t, err); code != "ResourceNumberLimitExceededException" {
			t.Errorf("code = %s", code)
		}
	})
}

func TestPages_OfASession_FollowItsState(t *testing.T) {
	behave := func(engine.Spec) fake.Behaviour {
		return fake.Behaviour{ReadyAfter: time.Second, Info: engine.Info{UIAddress: "127.0.0.1:1", SparkVersion: "3.5.7"}}
	}
	within(t, behave, func(t *testing.T, r *fixture) {
		ask := &glue.GetDashboardUrlInput{ResourceId: aws.String("x"), ResourceType: types.GlueResourceTypeSession}
		r.create("x")
		for _, status := range []types.SessionStatus{types.SessionStatusProvisioning, types.SessionStatusReady} {
			r.until("x", status)
			if url, err := r.GetDashboardUrl(t.Context(), ask); err != nil || !strings.HasPrefix(*url.Url, "http://ui/s-") {
				t.Errorf("%s: %v", status, err)
			}
		}
		if url, err := r.GetSystemLogsForSession(t.Context(), &glue.GetSystemLogsForSessionInput{Id: aws.String("x")}); err != nil ||
			!strings.HasPrefix(*url.SystemLogsUrl, "http://log/s-") {
			t.Errorf("logs: %v", err)
		}
		_, err := r.GetSessionEndpoint(t.Context(), &glue.GetSessionEndpointInput{SessionId: aws.String("x")})
		if code, _ := wantRefusal(t, err); code != "OperationNotSupportedException" {
			t.Errorf("endpoint: %s", code)
		}
		_, err = r.GetDashboardUrl(t.Context(), &glue.GetDashboardUrlInput{ResourceId: aws.String("x"), ResourceType: types.GlueResourceTypeJob})
		if code, _ := wantRefusal(t, err); code != "OperationNotSupportedException" {
			t.Errorf("job: %s", code)
		}
		if _, err := r.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		r.until("x", types.SessionStatusStopped)
		_, err = r.GetDashboardUrl(t.Context(), ask)
		if code, msg := wantRefusal(t, err); code != "InvalidInputException" || !strings.Contains(msg, "status=STOPPED") {
			t.Errorf("%s: %s", code, msg)
		}
	})
}

func TestCreate_OnAFullMachine_IsALimitOfResourcesInEveryRegion(t *testing.T) {
	change := func(c *dialecttest.Config) { c.Session.Budget = session.Budget{Instances: 2, Starts: 1} }
	withinChanged(t, slow(4*time.Second), change, func(t *testing.T, r *fixture) {
		r.create("a")
		synctest.Wait()
		if waits := r.create("b"); waits.Status != types.SessionStatusProvisioning || waits.Progress != 0 {
			t.Errorf("a session that waits is %s at %v", waits.Status, waits.Progress)
		}
		other := &fixture{Fixture: r.Fixture, Client: r.client("eu-west-1")}
		_, err := other.CreateSession(t.Context(), request("c"))
		if code, msg := wantRefusal(t, err); code != "ResourceNumberLimitExceededException" || !strings.Contains(msg, "limit of 2") {
			t.Errorf("refused with %s: %s", code, msg)
		}
		time.Sleep(9 * time.Second)
		r.until("b", types.SessionStatusReady)
	})
}
