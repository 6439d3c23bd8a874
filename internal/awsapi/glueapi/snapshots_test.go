package glueapi

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/awsapi"
)

// The recorded messages in AWS's Go SDK know nothing of our generator, which makes them its judge.

func TestTypes_ReadAndWriteEverySnapshotOfTheSDK(t *testing.T) {
	dir := sdkDir(t)
	for _, op := range Operations() {
		_, request := readSnapshot(t, filepath.Join(dir, "request_snapshot", op.Name+".request.snap"))
		roundTrip(t, op.Name+" request", op.Input, request)
		_, response := readSnapshot(t, filepath.Join(dir, "response_snapshot", op.Name+".response.snap"))
		roundTrip(t, op.Name+" response", op.Output, response)
	}
}

func TestErrors_HaveTheStatusOfTheSnapshots(t *testing.T) {
	dir := sdkDir(t)
	for _, e := range Errors() {
		status, body := readSnapshot(t, filepath.Join(dir, "response_snapshot", e.Code+".error.snap"))
		if status != strconv.Itoa(e.Status) {
			t.Errorf("%s has status %d, the snapshot %s", e.Code, e.Status, status)
		}
		if want := `"__type":"` + e.Code + `"`; !strings.Contains(body, want) {
			t.Errorf("%s: the snapshot has no %s: %s", e.Code, want, body)
		}
	}
}

// roundTrip reads the text into the type and demands that writing it gives the same members and
// values.
func roundTrip(t *testing.T, name string, typ reflect.Type, text string) {
	t.Helper()
	v := reflect.New(typ)
	if err := awsapi.Decode([]byte(text), v.Interface()); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	again, err := awsapi.Encode(v.Interface())
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if diff := cmp.Diff(parse(t, text), parse(t, string(again))); diff != "" {
		t.Errorf("%s (-SDK +ours):\n%s", name, diff)
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// readSnapshot returns the first line and the body.
func readSnapshot(t *testing.T, path string) (first, body string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	first, _, _ = strings.Cut(text, "\n")
	if i := strings.Index(text, "\n{"); i >= 0 {
		body = text[i+1:]
	}
	if body == "" {
		t.Fatalf("%s has no JSON body", path)
	}
	return first, body
}

func sdkDir(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", "github.com/aws/aws-sdk-go-v2/service/glue").Output()
	if err != nil {
		t.Fatalf("go mod download: %v", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	return module.Dir
}
