package dialect

import (
	"errors"
	"net/http"

	"hearth/internal/inflight"
	"hearth/internal/session"
)

// ReadBody returns the body of a request, of at most limit bytes. The error is Throttled while too
// many large bodies are read, a *http.MaxBytesError for one above the limit, or that of reading.
func ReadBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := inflight.ReadBody(r, limit)
	if errors.Is(err, inflight.ErrFull) {
		err = &session.Error{
			Kind: session.Throttled, Msg: "The server is busy with too many large requests. Try again.", Err: err,
		}
	}
	return body, err
}
