package livy

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// addition is one of the ways in which a session gets a file.
type addition struct {
	// kind is the domain's name for it; part that of the upload's part.
	kind, part string
	// missing is what an upload without its part is answered.
	missing string
}

var (
	fileJar = addition{"jar", "jar", "No jar sent!"}
	filePy  = addition{"pyfile", "file", "No file sent!"}
	fileAny = addition{"file", "file", "No file sent!"}
)

// maxUpload is the largest upload in bytes, Livy's default.
const maxUpload = 100 << 20

// upload takes a file from the body of a request. Its name counts only by its last part, and never
// as a path.
func (d *api) upload(what addition) func(*request) (reply, error) {
	return func(r *request) (reply, error) {
		s, err := d.awaitReady(r)
		if err != nil {
			return reply{}, err
		}
		r.Body = http.MaxBytesReader(nil, r.Body, maxUpload)
		part, err := findPart(r, what)
		if err != nil {
			return reply{}, err
		}
		name := path.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
		if !plainName(name) {
			return reply{}, &failure{status: http.StatusBadRequest, body: message{"The upload has no usable file name."}}
		}
		err = d.Manager.Upload(r.Context(), s.Ref, what.kind, name, part)
		if isLarge(err) {
			return reply{}, unreadable(err)
		}
		return reply{status: http.StatusOK}, d.added(r.Context(), s, err)
	}
}

// findPart goes to the part with the file.
func findPart(r *request, what addition) (*multipart.Part, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, &failure{status: http.StatusBadRequest, body: what.missing, err: err}
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, &failure{status: http.StatusBadRequest, body: what.missing}
		case err != nil:
			return nil, unreadable(err)
		case part.FormName() == what.part:
			return part, nil
		}
	}
}

func isLarge(err error) bool {
	_, large := errors.AsType[*http.MaxBytesError](err)
	return large
}

// unreadable is the error of an upload that does not come to its end.
func unreadable(err error) error {
	if isLarge(err) {
		return &failure{status: http.StatusRequestEntityTooLarge, body: message{"An upload has at most 100 MiB."}, err: err}
	}
	return &failure{status: http.StatusBadRequest, body: message{"The upload cannot be read."}, err: err}
}

// add brings in a file that the server can read already.
func (d *api) add(what addition) func(*request) (reply, error) {
	return func(r *request) (reply, error) {
		s, err := d.awaitReady(r)
		if err != nil {
			return reply{}, err
		}
		var uri string
		if err := (fields{"uri": livyapi.Text(&uri)}).read(r); err != nil {
			return reply{}, err
		}
		if uri == "" {
			return reply{}, bare(http.StatusBadRequest, "The uri of a file is needed.")
		}
		if err := checkFile(uri); err != nil {
			return reply{}, rejected(err)
		}
		err = d.Manager.AddFile(r.Context(), s.Ref, what.kind, uri)
		if errors.Is(err, session.Invalid) && !errors.Is(err, engine.ErrInvalid) {
			return reply{}, rejected(err) // before Spark saw it
		}
		return reply{status: http.StatusOK}, d.added(r.Context(), s, err)
	}
}

// awaitReady finds the session to which files are added. Livy's Python client sends its files as
// soon as the session is made, so they wait until that is ready.
func (d *api) awaitReady(r *request) (session.Session, error) {
	s, err := d.find(r, touchActivity)
	if err == nil && s.State == session.StateStarting {
		s, err = d.Manager.Await(r.Context(), s.Ref, func(s session.Session) bool { return s.State != session.StateStarting })
	}
	switch {
	case err != nil:
		return s, err
	case !s.State.Runnable():
		return s, notRunning(stateOf(s), tooSoonOrLate())
	}
	return s, nil
}

func (d *api) added(ctx context.Context, s session.Session, err error) error {
	if errors.Is(err, session.ReasonState) {
		return d.notRunning(ctx, s, err)
	}
	return err
}
