package glue

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/smithy-go"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

const (
	account = "000000000000"
	region  = "eu-west-1"
	role    = "arn:aws:iam::000000000000:role/GlueRole"
)

// room is the dialect over a real Manager, a store in memory and a driver
// without processes, called by the unmodified SDK in a bubble of fake time.
type room struct {
	t       *testing.T
	manager *session.Manager
	driver  *fake.Driver
	handler http.Handler
	*glue.Client
}

// within runs a test in a room. Instances behave as told; nil is at once ready.
func within(t *testing.T, behave func(engine.Spec) fake.Behaviour, test func(*testing.T, *room)) {
	synctest.Test(t, func(t *testing.T) {
		r := &room{t: t, driver: fake.New(fake.Config{Behave: behave})}
		r.manager = session.NewManager(session.Config{
			Store: sessiontest.NewStore(), Engines: engine.Fleet{"local": r.driver}, MaxSessions: 20, MaxWaiting: 3,
			Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		})
		if err := r.manager.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := r.manager.Stop(context.Background(), true); err != nil {
				t.Error(err)
			}
			r.driver.Close()
		}()
		r.handler = known(New(config(r.manager)))
		r.Client = r.client(region)
		test(t, r)
	})
}

func config(m Manager) Config {
	return Config{Manager: m, Runtimes: runtimes{}, Files: cupboard{}, Links: links{}, CheckConf: checkConf, DefaultVersion: "5.1"}
}

// known does the front door's part: it says who calls.
func known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope, err := awsapi.ParseCredential(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		where := scope.Region
		if where == "" {
			where = region
		}
		next.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.User(account, where, scope.AccessKey))))
	})
}

// client is an unmodified SDK client whose transport is a function call.
func (r *room) client(region string) *glue.Client {
	return glue.New(glue.Options{
		Region: region, BaseEndpoint: aws.String("http://hearth.localhost"), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""),
		HTTPClient:  transport{r.handler},
	})
}

type transport struct{ http.Handler }

func (h transport) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r.RequestURI = r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

type runtimes struct{}

func (runtimes) Resolve(api, version string) (string, string, bool, error) {
	if version == "9.9" {
		return "", "", false, &session.Error{Kind: session.Invalid, Msg: "Version 9.9 is not served."}
	}
	return "spark-3.5", api + " " + version + " is served by spark-3.5", true, nil
}

type cupboard struct{}

func (cupboard) Resolve(_ context.Context, ref string) (string, error) {
	if strings.Contains(ref, "://") {
		return "", invalid("%q is not here.", ref)
	}
	return "/files/" + strings.TrimPrefix(ref, "/"), nil
}

type links struct{}

func (links) Dashboard(_ context.Context, s session.Session) (string, error) {
	return "http://ui/" + s.ID, nil
}

func (links) LogLink(_ context.Context, s session.Session) (string, error) {
	return "http://log/" + s.ID, nil
}

func checkConf(conf map[string]string) error {
	if _, ok := conf["spark.master"]; ok {
		return engine.Invalidf("spark.master is decided by the engine")
	}
	return nil
}

// request is the smallest request that the kernel sends, changed as told.
func request(id string, change ...func(*glue.CreateSessionInput)) *glue.CreateSessionInput {
	in := &glue.CreateSessionInput{
		Id: &id, Role: aws.String(role),
		Command: &types.SessionCommand{Name: aws.String("glueetl"), PythonVersion: aws.String("3")},
	}
	for _, c := range change {
		c(in)
	}
	return in
}

func (r *room) create(id string, change ...func(*glue.CreateSessionInput)) *types.Session {
	r.t.Helper()
	out, err := r.CreateSession(r.t.Context(), request(id, change...))
	if err != nil {
		r.t.Fatalf("create %q: %v", id, err)
	}
	return out.Session
}

func (r *room) session(id string) *types.Session {
	r.t.Helper()
	out, err := r.GetSession(r.t.Context(), &glue.GetSessionInput{Id: &id})
	if err != nil {
		r.t.Fatalf("get %q: %v", id, err)
	}
	return out.Session
}

// until polls like a client; in the bubble that takes no time.
func (r *room) until(id string, want types.SessionStatus) *types.Session {
	r.t.Helper()
	for range 600 {
		if s := r.session(id); s.Status == want {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatalf("session %q is %s, not %s", id, r.session(id).Status, want)
	return nil
}

func (r *room) ready(id string, change ...func(*glue.CreateSessionInput)) *types.Session {
	r.t.Helper()
	r.create(id, change...)
	return r.until(id, types.SessionStatusReady)
}

func (r *room) submit(id, code string) int32 {
	r.t.Helper()
	out, err := r.RunStatement(r.t.Context(), &glue.RunStatementInput{SessionId: &id, Code: &code})
	if err != nil {
		r.t.Fatalf("run in %q: %v", id, err)
	}
	return out.Id
}

func (r *room) statement(id string, number int32) *types.Statement {
	r.t.Helper()
	out, err := r.GetStatement(r.t.Context(), &glue.GetStatementInput{SessionId: &id, Id: number})
	if err != nil {
		r.t.Fatalf("get statement %d of %q: %v", number, id, err)
	}
	return out.Statement
}

func (r *room) untilStatement(id string, number int32, want types.StatementState) *types.Statement {
	r.t.Helper()
	for range 600 {
		if s := r.statement(id, number); s.State == want {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatalf("statement %d is %s, not %s", number, r.statement(id, number).State, want)
	return nil
}

// run runs code to its end.
func (r *room) run(id, code string) *types.Statement {
	r.t.Helper()
	return r.untilStatement(id, r.submit(id, code), types.StatementStateAvailable)
}

// wantRefusal demands an error of the API and returns its code and message.
func wantRefusal(t *testing.T, err error) (code, message string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("error = %v, want one of the API", err)
	}
	return api.ErrorCode(), api.ErrorMessage()
}

// raw sends a body as no SDK would and returns the answer's status and body.
func (r *room) raw(target, body string) (int, string) {
	in := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	in.Header.Set("Content-Type", "application/x-amz-json-1.1")
	in.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, in)
	return w.Code, w.Body.String()
}
