package livy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

// able is a Manager that notes some of what is asked of it.
type able struct {
	dialect.Manager
	asked []string
	fails error
}

func (a *able) note(format string, args ...any) error {
	a.asked = append(a.asked, fmt.Sprintf(format, args...))
	return a.fails
}

func (a *able) Touch(ctx context.Context, ref session.Ref, active bool) (session.Session, error) {
	_ = a.note("touch %s %v", ref.ExternalID, active)
	return a.Manager.Touch(ctx, ref, active)
}

func (a *able) Complete(_ context.Context, _ session.Ref, lang engine.Language, code string, cursor int) ([]string, error) {
	return []string{"parallelize"}, a.note("complete %s %q %d", lang, code, cursor)
}

func (a *able) AddFile(_ context.Context, _ session.Ref, kind, path string) error {
	return a.note("add %s %s", kind, path)
}

func (a *able) Upload(_ context.Context, _ session.Ref, kind, name string, body io.Reader) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read the upload: %w", err)
	}
	return a.note("upload %s %s %d bytes", kind, name, len(text))
}

// withNotes runs fn over such a Manager, with an idle session 0.
func withNotes(t *testing.T, fn func(*testing.T, *fixture, *able)) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"spark"}`)
		a := &able{Manager: h.Manager}
		h.over(a)
		fn(t, h, a)
	})
}

func TestTouch_EveryCallThatNamesTheSession_RenewsItsHeartbeat(t *testing.T) {
	withNotes(t, func(t *testing.T, h *fixture, a *able) {
		h.Want(200, "", "GET", "/sessions", "")
		h.Want(200, "", "GET", "/sessions/0", "")
		h.Want(200, "", "GET", "/sessions/0/state", "")
		h.Want(200, "", "GET", "/sessions/0/log", "")
		h.Want(200, "", "GET", "/sessions/0/statements", "")
		h.Want(200, "", "POST", "/sessions/0/connect", "")
		h.Want(201, "", "POST", "/sessions/0/statements", `{"code":"value 1"}`)
		h.Want(204, "", "POST", "/sessions/0/stop", "")
		h.Want(200, "", "GET", "/sessions/0", "")
		want := []string{
			"touch 0 false", "touch 0 false", "touch 0 false", "touch 0 false", // looking is no work
			"touch 0 true", "touch 0 true", "touch 0 false", "touch 0 false",
		}
		if diff := cmp.Diff(want, a.asked); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestComplete_OfAReadySession_AsksInTheKindsLanguage(t *testing.T) {
	withNotes(t, func(t *testing.T, h *fixture, a *able) {
		h.Want(200, `{"candidates":["parallelize"]}`, "POST", "/sessions/0/completion", `{"code":"sc.par"}`)
		h.Want(200, `{"candidates":["parallelize"]}`, "POST", "/sessions/0/completion", `{"code":"sc.par","kind":"pyspark","cursor":"3"}`)
		a.fails = &session.Error{Kind: session.Unsupported, Msg: "not this language"}
		h.Want(200, `{"candidates":[`, "POST", "/sessions/0/completion", `{"code":"x","kind":"sql"}`)
		for _, want := range []string{`complete scala "sc.par" 6`, `complete python "sc.par" 3`} {
			if !slices.Contains(a.asked, want) {
				t.Errorf("nobody asked to %s: %v", want, a.asked)
			}
		}
	})
}

func TestAdd_Files_AreNamedToTheDomain(t *testing.T) {
	withNotes(t, func(t *testing.T, h *fixture, a *able) {
		h.Want(200, "", "POST", "/sessions/0/add-jar", `{"uri":"/data/a.jar"}`)
		h.Want(200, "", "POST", "/sessions/0/add-pyfile", `{"uri":"file:///data/m.py"}`)
		h.Want(200, "", "POST", "/sessions/0/add-file", `{"uri":"/data/f.txt"}`)
		h.Want(400, "must be absolute", "POST", "/sessions/0/add-file", `{"uri":"f.txt"}`)
		h.Want(400, "uri", "POST", "/sessions/0/add-file", `{}`)
		h.Want(400, "Unrecognized", "POST", "/sessions/0/add-jar", `{"url":"/data/a.jar"}`)
		var added []string
		for _, one := range a.asked {
			if strings.HasPrefix(one, "add ") {
				added = append(added, one)
			}
		}
		if want := []string{"add jar /data/a.jar", "add pyfile file:///data/m.py", "add file /data/f.txt"}; !slices.Equal(added, want) {
			t.Errorf("added %v", added)
		}
		h.Want(204, "", "POST", "/sessions/0/stop", "")
		h.Want(500, "Session is in state dead", "POST", "/sessions/0/add-jar", `{"uri":"/data/a.jar"}`)
	})
}

// The name of an upload is a name and never a path (Kyuubi's CVE-2026-52680).
func TestAdd_SessionThatStarts_IsWaitedFor(t *testing.T) {
	withNotes(t, func(t *testing.T, h *fixture, a *able) {
		a.asked = nil
		h.Want(201, "", "POST", "/sessions", `{}`)
		began := time.Now()
		h.Want(200, "", "POST", "/sessions/1/add-file", `{"uri":"/data/f.txt"}`)
		if waited := time.Since(began); waited != startUp || len(a.asked) != 2 {
			t.Errorf("waited %v, asked %v", waited, a.asked)
		}
		h.Want(201, "", "POST", "/sessions", `{"name":"fails"}`)
		h.Want(500, "Session is in state dead", "POST", "/sessions/2/add-file", `{"uri":"/data/f.txt"}`)
		if len(a.asked) != 3 {
			t.Errorf("asked %v", a.asked)
		}
	})
}

func TestUpload_AnyName_StaysAName(t *testing.T) {
	for _, c := range []struct {
		route, part, name string
		status            int
		want              string
	}{
		{"upload-jar", "jar", "a.jar", 200, "upload jar a.jar 7 bytes"},
		{"upload-pyfile", "file", "m.py", 200, "upload pyfile m.py 7 bytes"},
		{"upload-file", "file", "dir/f.txt", 200, "upload file f.txt 7 bytes"},
		{"upload-file", "file", "../../etc/cron.d/x", 200, "upload file x 7 bytes"},
		{"upload-file", "file", `..\..\x`, 200, "upload file x 7 bytes"},
		{"upload-file", "file", "..", 400, ""},
		{"upload-file", "file", "a#b", 400, ""},
		{"upload-file", "file", "a,b", 400, ""},
		{"upload-jar", "file", "a.jar", 400, ""},
	} {
		withNotes(t, func(t *testing.T, h *fixture, a *able) {
			w := h.upload(c.route, c.part, c.name)
			if w.Code != c.status || c.want != "" && !slices.Contains(a.asked, c.want) {
				t.Errorf("%s of %q is answered %d %s, asked %v", c.route, c.name, w.Code, w.Body, a.asked)
			}
		})
	}
	withNotes(t, func(t *testing.T, h *fixture, _ *able) {
		h.Want(http.StatusBadRequest, `"No jar sent!"`, "POST", "/sessions/0/upload-jar", "")
		h.Want(http.StatusBadRequest, `"No file sent!"`, "POST", "/sessions/0/upload-file", "", "Content-Type: multipart/form-data; boundary=x")
	})
}

func (h *fixture) upload(route, part, name string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	into, err := form.CreateFormFile(part, name)
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := into.Write([]byte("content")); err != nil {
		h.T.Fatal(err)
	}
	if err := form.Close(); err != nil {
		h.T.Fatal(err)
	}
	return h.Send("POST", "/sessions/0/"+route, body.String(), "Content-Type: "+form.FormDataContentType())
}
