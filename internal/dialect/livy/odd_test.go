package livy

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// hasty is a Manager in which somebody deletes the session between a look at it and the statement
// for it.
type hasty struct{ *session.Manager }

func (h hasty) Run(ctx context.Context, ref session.Ref, n session.NewStatement) (session.Statement, error) {
	if err := h.Delete(ctx, ref); err != nil {
		return session.Statement{}, err
	}
	return h.Manager.Run(ctx, ref, n)
}

// Zeppelin and Hue know a session that is gone by the text alone.
func TestGone_BetweenTwoLooks_IsSaidInLivysWords(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"pyspark","name":"seven"}`)
		h.over(hasty{h.Manager})
		h.Want(http.StatusNotFound, `{"msg":"Session 'seven' not found."}`, "POST", "/sessions/seven/statements", `{"code":"1"}`)
	})
}

// A slash of the name is none of the path.
func TestName_ThatEndsInASlash_IsNotTheOneWithout(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.Want(http.StatusCreated, "", "POST", "/sessions", `{"name":"a"}`)
		h.Want(http.StatusCreated, "", "POST", "/sessions", `{"name":"a/"}`)
		h.Want(http.StatusOK, `{"id":1,`, "GET", "/sessions/a%2F/state", "")
		h.Want(http.StatusOK, `{"id":1,`, "GET", "/sessions/a%2F", "")
		h.Want(http.StatusOK, `{"id":1,`, "GET", "/sessions/a%2F/", "")
		h.Want(http.StatusOK, `{"id":0,`, "GET", "/sessions/a/", "")
		h.Want(http.StatusOK, `{"msg":"deleted"}`, "DELETE", "/sessions/a%2F", "")
		h.Want(http.StatusOK, `{"id":0,`, "GET", "/sessions/a", "")
	})
}

func TestName_Length_IsOfCharacters(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.Want(http.StatusCreated, "", "POST", "/sessions", `{"name":"`+strings.Repeat("名", 255)+`"}`)
		h.Want(http.StatusBadRequest, "at most 255 characters", "POST", "/sessions", `{"name":"`+strings.Repeat("a", 256)+`"}`)
	})
}

// A file's name has 255 bytes in every file system of Linux.
func TestUpload_NameThatNoFileCanHave_IsRefused(t *testing.T) {
	withNotes(t, func(t *testing.T, h *fixture, a *able) {
		if w := h.upload("upload-file", "file", strings.Repeat("名", 100)); w.Code != http.StatusBadRequest || len(a.asked) > 1 {
			t.Errorf("%d %s, asked %q", w.Code, w.Body, a.asked)
		}
	})
}

func TestUpload_LargePartBeforeTheFile_IsTooLarge(t *testing.T) {
	withNotes(t, func(t *testing.T, h *fixture, _ *able) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormField("other")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(make([]byte, maxUpload)); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		h.Want(http.StatusRequestEntityTooLarge, `{"msg":"An upload has at most 100 MiB."}`, "POST", "/sessions/0/upload-file", body.String(), "Content-Type: "+form.FormDataContentType())
	})
}

// Livy answers 500 to mistakes of the client, which the log knows by their kind.
func TestErrors_OfTheClientThatAre500_HaveTheirKindInTheLog(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{"kind":"pyspark"}`)
		h.Want(http.StatusNoContent, "", "POST", "/sessions/0/stop", "")
		for _, c := range []struct {
			method, path, body string
			kind               session.Kind
		}{
			{"POST", "/sessions/0/statements", `{"code":"1"}`, session.Conflict},
			{"POST", "/sessions/0/completion", `{"code":"1"}`, session.Conflict},
			{"POST", "/sessions/0/add-file", `{"uri":"/data/a"}`, session.Conflict},
			{"GET", "/sessions/0/jobs/7", "", session.NotFound},
		} {
			var e reqevent.Event
			w := httptest.NewRecorder()
			h.Handler.ServeHTTP(w, httptest.NewRequestWithContext(reqevent.With(t.Context(), &e), c.method, c.path, strings.NewReader(c.body)))
			if known, ok := errors.AsType[*session.Error](e.Err); !ok || known.Kind != c.kind || w.Code != http.StatusInternalServerError {
				t.Errorf("%s: %d leaves %+v", c.path, w.Code, e)
			}
		}
	})
}
