package server

import (
	"io"
	"net/http"
	"time"

	"hearth/internal/inflight"
)

const (
	// inflightBytes is the budget of large bodies and answers, all requests together. Each is in
	// memory several times while it is decoded or encoded.
	inflightBytes = 32 << 20
	// inflightPatience is how long a request waits for room.
	inflightPatience = 15 * time.Second
	// bodyTotal bounds how long a body may take as a whole.
	bodyTotal = time.Hour
	// pieceBytes is how much of an answer is written at a time, so that its progress is seen.
	pieceBytes = 256 << 10
)

// shared answers a request that has a share of the memory for large ones. Its client may be as slow
// as it likes: for a read of the body something must come within the pause, and all of it within
// bodyTotal. Only where others wait for the memory that the request holds is a slow client cut off.
func (s *Server) shared(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter, *http.Request)) {
	control := http.NewResponseController(w)
	share := s.inflight.Open(func() {
		// What cannot have deadlines is no connection.
		_ = control.SetReadDeadline(time.Now())
		_ = control.SetWriteDeadline(time.Now())
	})
	defer share.Close()
	r = r.WithContext(inflight.With(r.Context(), share))
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &slowBody{r.Body, control, share, s.cfg.BodyTimeout, time.Now().Add(bodyTotal)}
	}
	next(&pieces{w, share}, r)
}

// slowBody is a body with a deadline for every read of it. The time until the handler begins to
// read does not count.
type slowBody struct {
	io.ReadCloser
	control *http.ResponseController
	share   *inflight.Share
	pause   time.Duration
	end     time.Time
}

// Read implements io.Reader.
func (b *slowBody) Read(p []byte) (int, error) {
	deadline := time.Now().Add(b.pause)
	if deadline.After(b.end) {
		deadline = b.end
	}
	_ = b.control.SetReadDeadline(deadline) // what cannot have one is no connection
	if b.share.IsCut() {
		_ = b.control.SetReadDeadline(time.Now()) // the cut may have come before the line above
	}
	moved := b.share.Moving()
	n, err := b.ReadCloser.Read(p)
	moved(n)
	return n, err
}

// pieces is a ResponseWriter whose progress is seen. Everything else that the other can do stays
// reachable through Unwrap.
type pieces struct {
	http.ResponseWriter
	share *inflight.Share
}

// Write implements http.ResponseWriter.
func (w *pieces) Write(b []byte) (int, error) {
	done := 0
	for {
		moved := w.share.Moving()
		n, err := w.ResponseWriter.Write(b[done:min(len(b), done+pieceBytes)])
		moved(n)
		done += n
		if err != nil || done == len(b) {
			return done, err
		}
	}
}

// Unwrap serves http.ResponseController.
func (w *pieces) Unwrap() http.ResponseWriter { return w.ResponseWriter }
