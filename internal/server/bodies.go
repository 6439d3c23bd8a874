package server

import (
	"context"
	"mime"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// bodiesBytes bounds the large bodies that are read at the same time, all together: each is
	// held as a whole, and several times while it is decoded.
	bodiesBytes = 32 << 20
	// smallBody is the size up to which a body does not count.
	smallBody = 1 << 20
	// unknownBody is what a body counts that does not say its size.
	unknownBody = 16 << 20
)

// bodiesPatience is how long a request waits for room.
const bodiesPatience = 10 * time.Second

// bodies lets requests with large bodies in as long as there is room for them.
type bodies struct {
	room *semaphore.Weighted
	// patience is how long a request may wait for room.
	patience time.Duration
}

func newBodies(patience time.Duration) bodies {
	return bodies{semaphore.NewWeighted(bodiesBytes), patience}
}

// weight returns how many bytes of the room a request takes.
func weight(r *http.Request) int64 {
	n := r.ContentLength
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == "multipart/form-data" {
		return 0 // an upload goes to a file as it comes
	}
	switch {
	case n < 0:
		return unknownBody
	case n <= smallBody:
		return 0
	}
	return min(n, bodiesBytes)
}

// enter waits until there is room for the body of a request. It reports whether there is; the
// returned function then gives the room back.
func (b bodies) enter(r *http.Request) (leave func(), ok bool) {
	n := weight(r)
	if n == 0 {
		return func() {}, true
	}
	ctx, cancel := context.WithTimeout(r.Context(), b.patience)
	defer cancel()
	if b.room.Acquire(ctx, n) != nil {
		return nil, false
	}
	return func() { b.room.Release(n) }, true
}

// admitted lets a request to its handler when there is room for its body.
func (s *Server) admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, ok := s.bodies.enter(r)
		if !ok {
			note(r, "guard", "refuse", "too many large bodies")
			w.Header().Set("Retry-After", "5")
			w.Header().Set("Connection", "close")
			plain(w, http.StatusServiceUnavailable, "The server reads too many large requests at the moment. Try again.")
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}
