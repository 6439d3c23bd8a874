package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/inflight"
)

// pipes is a listener whose connections are in memory, and so at home in a synctest bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns the client's end of a new connection.
func (p pipes) dial(t *testing.T) net.Conn {
	here, there := net.Pipe()
	p <- there
	t.Cleanup(func() { here.Close() })
	return here
}

func TestServer_ClientsThatHoldMuchAndStandStill_AreCutOffWhereOthersWait(t *testing.T) {
	for name, request := range map[string]string{
		"with a body":    "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16777216\r\n\r\n" + strings.Repeat("x", 2<<20),
		"with an answer": "GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := pipes(make(chan net.Conn))
				s := holding(t, l)
				defer func() {
					s.http.Close()
					time.Sleep(time.Second) // net/http lingers on connections that it closes
				}()
				for range 2 { // they take all there is, and then do nothing
					if _, err := io.WriteString(l.dial(t), request); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				began := time.Now()
				conn := l.dial(t)
				go io.WriteString(conn, "GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n")
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Fatalf("a client beside them: %v, %v after %v", resp, err, time.Since(began))
				}
				defer resp.Body.Close()
				if n, err := io.Copy(io.Discard, resp.Body); n != 16<<20 || err != nil {
					t.Errorf("its answer has %d bytes, %v", n, err)
				}
			})
		})
	}
}

// holding is a server with two paths, each of which holds half of the memory for large requests:
// one for a body, one for its answer.
func holding(t *testing.T, l net.Listener) *Server {
	h := newFixture(t, func(c *Config) {
		c.Observe = nil
		routed(c, "body", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = inflight.ReadBody(r, 16<<20)
		}), "/body")
		routed(c, "answer", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := inflight.Take(r.Context(), 16<<20); err != nil {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			w.Write(make([]byte, 16<<20))
		}), "/answer")
	})
	go h.Serve(l)
	return h.Server
}
