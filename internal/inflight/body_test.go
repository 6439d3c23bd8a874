package inflight_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hearth/internal/inflight"
)

func post(body io.Reader, length int64) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.ContentLength = length
	return r
}

func TestReadBody_AtItsLimits_IsWholeOrRefused(t *testing.T) {
	for _, limit := range []int{10, inflight.Free, inflight.Free + 1, 3 << 20} {
		for _, n := range []int{0, limit - 1, limit, limit + 1, 2 * limit} {
			for name, length := range map[string]int64{"of known length": int64(n), "of unknown length": -1} {
				text := strings.Repeat("x", n)
				body, err := inflight.ReadBody(post(strings.NewReader(text), length), int64(limit))
				large, isLarge := errors.AsType[*http.MaxBytesError](err)
				switch {
				case n <= limit && (err != nil || string(body) != text):
					t.Errorf("%d of %d bytes, %s: %d, %v", n, limit, name, len(body), err)
				case n > limit && (!isLarge || large.Limit != int64(limit)):
					t.Errorf("%d of %d bytes, %s: %v", n, limit, name, err)
				}
			}
		}
	}
}

// counted is a reader that knows how much was read.
type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func TestReadBody_WithoutRoom_IsReadAndNotKept(t *testing.T) {
	b := inflight.New(size, 0)
	ctx, whole := open(t, b, nil)
	defer whole.Close()
	if err := inflight.Take(ctx, size); err != nil {
		t.Fatal(err)
	}
	mine, share := open(t, b, nil)
	defer share.Close()
	from := &counted{Reader: strings.NewReader(strings.Repeat("x", 3<<20))}
	body, err := inflight.ReadBody(post(from, 3<<20).WithContext(mine), 8<<20)
	if body != nil || !errors.Is(err, inflight.ErrFull) || from.n != 3<<20 {
		t.Errorf("%d bytes kept of %d read, %v", len(body), from.n, err)
	}
	small, err := inflight.ReadBody(post(strings.NewReader("{}"), 2).WithContext(mine), 8<<20)
	if string(small) != "{}" || err != nil {
		t.Errorf("a small one: %q, %v", small, err)
	}
}

func TestReadBody_OfWhoOnlyAnnouncesMuch_TakesNothing(t *testing.T) {
	b := inflight.New(size, 0)
	ctx, idle := open(t, b, nil)
	defer idle.Close()
	begun, end := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := inflight.ReadBody(post(begun, size).WithContext(ctx), size)
		done <- err
	}()
	if _, err := end.Write(make([]byte, inflight.Free)); err != nil { // and nothing more
		t.Fatal(err)
	}
	other, share := open(t, b, nil)
	defer share.Close()
	if err := inflight.Take(other, size); err != nil {
		t.Errorf("beside it: %v", err)
	}
	end.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-done; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body that breaks off: %v", err)
	}
}
