package glue

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/smithy-go"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/dialect"
	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

const (
	account = "000000000000"
	region  = "eu-west-1"
	role    = "arn:aws:iam::000000000000:role/GlueRole"
)

// fixture is the dialect in a bubble of fake time, called by the unmodified SDK.
type fixture struct {
	*dialecttest.Fixture
	*glue.Client
}

// within runs a test over a new fixture. Instances behave as told; nil is at once ready.
func within(t *testing.T, behave func(engine.Spec) fake.Behaviour, test func(*testing.T, *fixture)) {
	withinChanged(t, behave, func(*dialecttest.Config) {}, test)
}

// withinChanged is within a fixture that is configured otherwise.
func withinChanged(t *testing.T, behave func(engine.Spec) fake.Behaviour, change func(*dialecttest.Config), test func(*testing.T, *fixture)) {
	c := dialecttest.Config{
		Mount: Settings().Mount, Session: session.Config{MaxSessions: 20, MaxWaiting: 3, Files: anyFile{}}, Links: links{},
		Behave: behave, Admit: func(s engine.Spec) (engine.Spec, error) { return s, checkConf(s.Conf()) },
	}
	change(&c)
	dialecttest.Run(t, c, func(t *testing.T, f *dialecttest.Fixture) {
		f.Handler = known(f.Handler)
		r := &fixture{Fixture: f}
		r.Client = r.client(region)
		test(t, r)
	})
}

// over is the dialect over a Manager.
func over(m dialect.Manager) http.Handler {
	return known(New(dialect.Given{Manager: m, Runtimes: dialecttest.Runtimes{}, Links: links{}}))
}

// known does the server's part: it says who calls.
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
func (r *fixture) client(region string) *glue.Client {
	return glue.New(glue.Options{
		Region: region, BaseEndpoint: aws.String("http://hearth.localhost"), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""),
		HTTPClient:  transport{r.Handler},
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

// anyFile has every file that has no scheme.
type anyFile struct{}

func (anyFile) Resolve(_ context.Context, _, ref string) (string, error) {
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

func (r *fixture) create(id string, change ...func(*glue.CreateSessionInput)) *types.Session {
	r.T.Helper()
	out, err := r.CreateSession(r.T.Context(), request(id, change...))
	if err != nil {
		r.T.Fatalf("create %q: %v", id, err)
	}
	return out.Session
}

func (r *fixture) session(id string) *types.Session {
	r.T.Helper()
	out, err := r.GetSession(r.T.Context(), &glue.GetSessionInput{Id: &id})
	if err != nil {
		r.T.Fatalf("get %q: %v", id, err)
	}
	return out.Session
}

// until polls like a client; in the bubble that takes no time.
func (r *fixture) until(id string, want types.SessionStatus) *types.Session {
	r.T.Helper()
	for range 600 {
		if s := r.session(id); s.Status == want {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.T.Fatalf("session %q is %s, not %s", id, r.session(id).Status, want)
	return nil
}

func (r *fixture) ready(id string, change ...func(*glue.CreateSessionInput)) *types.Session {
	r.T.Helper()
	r.create(id, change...)
	return r.until(id, types.SessionStatusReady)
}

func (r *fixture) submit(id, code string) int32 {
	r.T.Helper()
	out, err := r.RunStatement(r.T.Context(), &glue.RunStatementInput{SessionId: &id, Code: &code})
	if err != nil {
		r.T.Fatalf("run in %q: %v", id, err)
	}
	return out.Id
}

func (r *fixture) statement(id string, number int32) *types.Statement {
	r.T.Helper()
	out, err := r.GetStatement(r.T.Context(), &glue.GetStatementInput{SessionId: &id, Id: number})
	if err != nil {
		r.T.Fatalf("get statement %d of %q: %v", number, id, err)
	}
	return out.Statement
}

func (r *fixture) untilStatement(id string, number int32, want types.StatementState) *types.Statement {
	r.T.Helper()
	for range 600 {
		if s := r.statement(id, number); s.State == want {
			return s
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.T.Fatalf("statement %d is %s, not %s", number, r.statement(id, number).State, want)
	return nil
}

// run runs code to its end.
func (r *fixture) run(id, code string) *types.Statement {
	r.T.Helper()
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
func (r *fixture) raw(target, body string) (int, string) {
	in := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	in.Header.Set("Content-Type", "application/x-amz-json-1.1")
	in.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	r.Handler.ServeHTTP(w, in)
	return w.Code, w.Body.String()
}
