package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWeight_OfBodies_IsTheirSizeUnlessTheyAreSmallOrPassedOn(t *testing.T) {
	for name, c := range map[string]struct {
		length int64
		media  string
		want   int64
	}{
		"none":            {0, "", 0},
		"small":           {smallBody, "application/json", 0},
		"large":           {smallBody + 1, "application/json", smallBody + 1},
		"larger than all": {bodiesBytes + 1, "application/json", bodiesBytes},
		"of unknown size": {-1, "application/json", unknownBody},
		"an upload":       {100 << 20, "multipart/form-data; boundary=x", 0},
		"a long upload":   {-1, "multipart/form-data; boundary=x", 0},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.ContentLength = c.length
		r.Header.Set("Content-Type", c.media)
		if got := weight(r); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestBodies_BeyondTheRoom_WaitAndAreRefusedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		s := &Server{bodies: newBodies(bodiesPatience)}
		h := s.admitted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Hold") != "" {
				<-hold
			}
		}))
		send := func(length int64, header string) int {
			r := httptest.NewRequest("POST", "/", strings.NewReader(""))
			r.ContentLength = length
			r.Header.Set(header, "1")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		var all sync.WaitGroup
		all.Go(func() { send(bodiesBytes-smallBody, "X-Hold") })
		synctest.Wait()
		began := time.Now()
		if code := send(16<<20, "X"); code != http.StatusServiceUnavailable || time.Since(began) != bodiesPatience {
			t.Errorf("without room: %d after %v", code, time.Since(began))
		}
		if code := send(1000, "X"); code != http.StatusOK {
			t.Errorf("a small one: %d", code)
		}
		all.Go(func() {
			if code := send(16<<20, "X"); code != http.StatusOK {
				t.Errorf("one that waits: %d", code)
			}
		})
		synctest.Wait()
		close(hold)
		all.Wait()
		if code := send(bodiesBytes+1, "X"); code != http.StatusOK {
			t.Errorf("when all have left: %d", code)
		}
	})
}
