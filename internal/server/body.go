package server

import (
	"io"
	"net/http"
	"time"
)

// bodyTotal bounds how long a body may take as a whole.
const bodyTotal = time.Hour

// slowBody is the body of a request whose client may be as slow as it likes, as long as something
// comes within the pause, and all of it before the end.
type slowBody struct {
	io.ReadCloser
	control *http.ResponseController
	pause   time.Duration
	end     time.Time
}

// withSlowBody returns the request with a deadline for every read of its body. The time until the
// handler begins to read does not count.
func withSlowBody(w http.ResponseWriter, r *http.Request, pause time.Duration) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	slow := *r
	slow.Body = &slowBody{r.Body, http.NewResponseController(w), pause, time.Now().Add(bodyTotal)}
	return &slow
}

// Read implements io.Reader.
func (b *slowBody) Read(p []byte) (int, error) {
	deadline := time.Now().Add(b.pause)
	if deadline.After(b.end) {
		deadline = b.end
	}
	_ = b.control.SetReadDeadline(deadline) // what cannot have one is no connection
	return b.ReadCloser.Read(p)
}
