package inflight

import (
	"bytes"
	"io"
	"net/http"
)

// ReadBody returns the body of a request, of at most limit bytes. It takes room for a body above
// Free, but not before that much has come: who only announces much holds nothing. The error is a
// *http.MaxBytesError for a longer body, ErrFull if there is no room, or that of reading; the body
// is then read to the limit all the same, so that the client gets its answer.
func ReadBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, drain(r, limit, &http.MaxBytesError{Limit: limit})
	}
	first := min(limit, Free)
	head, err := io.ReadAll(io.LimitReader(r.Body, first+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(head)) <= first:
		return head, nil
	case first == limit:
		return nil, drain(r, 0, &http.MaxBytesError{Limit: limit})
	}
	size := r.ContentLength
	if size < 0 {
		size = limit
	}
	rest := limit - int64(len(head))
	if err := Take(r.Context(), size); err != nil {
		return nil, drain(r, rest, err)
	}
	body := bytes.NewBuffer(make([]byte, 0, max(r.ContentLength, int64(len(head)))+bytes.MinRead))
	body.Write(head)
	if _, err := body.ReadFrom(io.LimitReader(r.Body, rest+1)); err != nil {
		return nil, err
	}
	if int64(body.Len()) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return body.Bytes(), nil
}

// drain reads on to the limit, keeps nothing, and returns the error.
func drain(r *http.Request, limit int64, err error) error {
	_, _ = io.CopyN(io.Discard, r.Body, limit) // what cannot be read is not wanted either
	return err
}
