package glue

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/dialect/dialecttest"
	"hearth/internal/session"
)

// bodies holds a request of each operation that keeps every rule.
var bodies = map[string]string{
	"CreateSession":           `{"Id":"x","Role":"` + role + `","Command":{"Name":"glueetl"}}`,
	"GetSession":              `{"Id":"x"}`,
	"ListSessions":            `{}`,
	"StopSession":             `{"Id":"x"}`,
	"DeleteSession":           `{"Id":"x"}`,
	"GetSessionEndpoint":      `{"SessionId":"x"}`,
	"GetDashboardUrl":         `{"ResourceId":"x","ResourceType":"SESSION"}`,
	"GetSystemLogsForSession": `{"Id":"x"}`,
	"RunStatement":            `{"SessionId":"x","Code":"1"}`,
	"GetStatement":            `{"SessionId":"x","Id":1}`,
	"ListStatements":          `{"SessionId":"x"}`,
	"CancelStatement":         `{"SessionId":"x","Id":1}`,
	"TagResource":             `{"ResourceArn":"arn:aws:glue:eu-west-1:000000000000:session/x","TagsToAdd":{"a":"b"}}`,
	"UntagResource":           `{"ResourceArn":"arn:aws:glue:eu-west-1:000000000000:session/x","TagsToRemove":["a"]}`,
	"GetTags":                 `{"ResourceArn":"arn:aws:glue:eu-west-1:000000000000:session/x"}`,
}

var wireCode = regexp.MustCompile(`"__type":"(\w+)"`)

func TestErrors_EveryKindThroughEveryOperation_AreDeclaredThere(t *testing.T) {
	operations := map[string]awsapi.Operation{}
	requests := map[string]func() *http.Request{}
	for _, op := range glueapi.Operations() {
		operations[op.Name] = op
		requests[op.Name] = func() *http.Request { return requestOf(op.Name) }
	}
	dialecttest.Errors{
		Over: over, Record: record{}, Requests: requests,
		Judge: func(t *testing.T, name string, err error, _ bool, w *httptest.ResponseRecorder) {
			m := wireCode.FindStringSubmatch(w.Body.String())
			if m == nil {
				if w.Code != http.StatusOK {
					t.Errorf("%s answers %v with %d %s", name, err, w.Code, w.Body)
				}
				return
			}
			common := slices.ContainsFunc(awsapi.CommonErrors(), func(c awsapi.ErrorType) bool { return c.Code == m[1] })
			if op := operations[name]; !op.Declares(m[1]) && !common {
				t.Errorf("%s answers %v with %s, which it does not declare", name, err, m[1])
			}
			if (w.Code == http.StatusInternalServerError) != (m[1] == "InternalServiceException") {
				t.Errorf("%s: %s has status %d", name, m[1], w.Code)
			}
		},
	}.Run(t)
}

// requestOf is a request of an operation that keeps every rule.
func requestOf(operation string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(bodies[operation]))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSGlue."+operation)
	return r
}

func TestErrors_OfTheDomain_HaveTheirPlaceOnTheWire(t *testing.T) {
	for _, c := range []struct {
		op     string
		kind   session.Kind
		reason session.Reason
		want   string
	}{
		{"GetSession", session.NotFound, session.ReasonNoSession, "EntityNotFoundException"},
		{"ListSessions", session.NotFound, "", "InvalidInputException"},
		{"CreateSession", session.Exists, "", "AlreadyExistsException"},
		{"CreateSession", session.Quota, "", "ResourceNumberLimitExceededException"},
		{"CreateSession", session.Quota, session.ReasonMachine, "ResourceNumberLimitExceededException"},
		{"CreateSession", session.Unsupported, "", "OperationNotSupportedException"},
		{"StopSession", session.Conflict, session.ReasonConcurrent, "ConcurrentModificationException"},
		{"CancelStatement", session.Conflict, session.ReasonState, "IllegalSessionStateException"},
		{"RunStatement", session.Conflict, session.ReasonConcurrent, "OperationTimeoutException"},
		{"RunStatement", session.Busy, session.ReasonQueue, "SessionBusyException"},
		{"GetSession", session.Busy, "", "ThrottlingException"},
		{"GetSession", session.Throttled, "", "ThrottlingException"},
		{"GetTags", session.Forbidden, "", "AccessDeniedException"},
		{"GetSession", session.Unauthenticated, "", "UnrecognizedClientException"},
		{"GetSession", session.Timeout, "", "OperationTimeoutException"},
		{"GetDashboardUrl", session.Timeout, "", "InternalServiceException"},
		{"GetSession", session.Unavailable, "", "InternalServiceException"},
		{"GetSession", session.Internal, "", "InternalServiceException"},
	} {
		if got := wireError(c.op, &session.Error{Kind: c.kind, Reason: c.reason}); got.Code != c.want {
			t.Errorf("%s, %s: %s, want %s", c.op, c.kind, got.Code, c.want)
		}
	}
}

func TestRequests_ThatAreGarbage_AreRefusedClearly(t *testing.T) {
	handler := over(dialecttest.Broken{Err: errors.New("reached")})
	send := func(method, target, content, body string) (int, string) {
		r := httptest.NewRequest(method, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", content)
		r.Header.Set("X-Amz-Target", target)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const json = "application/x-amz-json-1.1"
	for name, c := range map[string]struct {
		method, target, content, body string
		status                        int
		code                          string
	}{
		"no JSON":        {"POST", "AWSGlue.GetSession", json, "{", 400, "SerializationException"},
		"a list":         {"POST", "AWSGlue.GetSession", json, "[]", 400, "SerializationException"},
		"a wrong type":   {"POST", "AWSGlue.GetSession", json, `{"Id":1}`, 400, "SerializationException"},
		"not UTF-8":      {"POST", "AWSGlue.GetSession", json, "{\"Id\":\"\xff\"}", 400, "SerializationException"},
		"nothing":        {"POST", "AWSGlue.GetSession", json, "", 400, "ValidationException"},
		"deep":           {"POST", "AWSGlue.GetSession", json, strings.Repeat("[", 1000), 400, "SerializationException"},
		"unknown target": {"POST", "AWSGlue.FlySession", json, "{}", 400, "UnknownOperationException"},
		"another API":    {"POST", "AmazonAthena.GetSession", json, "{}", 400, "UnknownOperationException"},
		"no target":      {"POST", "", json, "{}", 400, "UnknownOperationException"},
		"a form":         {"POST", "AWSGlue.GetSession", "text/plain", "{}", 400, "UnknownOperationException"},
		"a GET":          {"GET", "AWSGlue.GetSession", json, "", 405, "UnknownOperationException"},
		"100 MiB":        {"POST", "AWSGlue.GetSession", json, strings.Repeat(" ", 100<<20), 413, "RequestEntityTooLargeException"},
	} {
		if status, body := send(c.method, c.target, c.content, c.body); status != c.status || !strings.Contains(body, c.code) {
			t.Errorf("%s: %d %.200s", name, status, body)
		}
	}
}

// The page of the dialect lists what the code does: no operation, no error and no divergence may be
// missing on either side.
func TestPage_OfTheDialect_ListsWhatTheCodeHas(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "dialects", "glue.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, op := range glueapi.Operations() {
		if !strings.Contains(page, "| "+op.Name+" |") {
			t.Errorf("the page has no row for %s", op.Name)
		}
	}
	for _, e := range glueapi.Errors() {
		if !strings.Contains(page, "| "+e.Code+" |") {
			t.Errorf("the page has no row for %s", e.Code)
		}
	}
	marked := divergences(t)
	_, list, _ := strings.Cut(page, "## Divergences")
	var listed []string
	for line := range strings.Lines(list) {
		if entry, ok := strings.CutPrefix(line, "- "); ok {
			listed = append(listed, opening(entry))
		}
	}
	for _, one := range marked {
		if !slices.Contains(listed, one) {
			t.Errorf("the page does not list the divergence %q", one)
		}
	}
	for _, one := range listed {
		if !slices.Contains(marked, one) {
			t.Errorf("nothing in the code is marked as the divergence %q", one)
		}
	}
}

func divergences(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	comment := regexp.MustCompile("// Divergence" + `: (.+)`)
	var found []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range comment.FindAllStringSubmatch(string(text), -1) {
			found = append(found, opening(m[1]))
		}
	}
	return found
}

// opening is the beginning of a divergence, by which both lists are compared.
func opening(text string) string {
	words := strings.Fields(strings.NewReplacer("*", "", "`", "").Replace(text))
	return strings.Trim(strings.Join(words[:min(4, len(words))], " "), ".:;,")
}
