package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestListen_OnLoopback_Listens(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := Listen(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		l.Close()
	}
}

func TestListen_Elsewhere_IsRefusedWithWhatToSet(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		_, err := Listen(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), "Set -listen to a loopback address such as 127.0.0.1:8998") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := Listen(t.Context(), "8998"); err == nil || !strings.Contains(err.Error(), "looks like 127.0.0.1:8998") {
		t.Errorf("a port alone: %v", err)
	}
}

func TestListen_WhereSomethingListens_SaysWhatToDo(t *testing.T) {
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Listen(t.Context(), l.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "another address with -listen") {
		t.Errorf("%v", err)
	}
}

// serving runs a server on a real socket.
func serving(t *testing.T, change ...func(*Config)) (*fixture, string) {
	t.Helper()
	h := newFixture(t, change...)
	h.cfg.Observe = nil // several goroutines at once
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return h, l.Addr().String()
}

func TestShutdown_WithARequestInside_LetsItFinish(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	h, address := serving(t, func(c *Config) {
		routed(c, "slow", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(inside)
			<-leave
			io.WriteString(w, "done")
		}), "/slow")
	})
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + address + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		answer <- string(text)
	}()
	<-inside
	ended := make(chan error, 1)
	go func() { ended <- h.http.Shutdown(t.Context()) }()
	close(leave)
	if got := <-answer; got != "done" {
		t.Errorf("answer = %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("it still accepts")
	}
}

func TestServer_ClientsThatTakeTheirTime_AreCutOff(t *testing.T) {
	h := newFixture(t, func(c *Config) { c.BodyTimeout = 50 * time.Millisecond })
	s := h.http
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 1<<20 {
		t.Errorf("limits: %+v", s)
	}
	_, address := serving(t, func(c *Config) { c.BodyTimeout = 50 * time.Millisecond })
	for name, text := range map[string]string{
		"half a header": "POST / HTTP/1.1\r\nHost: localhost\r\nX-",
		"half a body":   "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		// The server ends the conversation; without a limit this would wait for ever.
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", name, err)
		}
		conn.Close()
	}
}

func TestServer_BodyOfASlowClient_IsReadAsItComes(t *testing.T) {
	const pause = time.Second
	got := make(chan string, 1)
	_, address := serving(t, func(c *Config) {
		c.BodyTimeout = pause
		routed(c, "slow", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(pause + pause/4) // as an upload waits for its session
			text, err := io.ReadAll(r.Body)
			got <- fmt.Sprint(string(text), err)
		}), "/slow")
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for i := range 8 { // together longer than the pause
		time.Sleep(pause / 4)
		if _, err := fmt.Fprint(conn, i); err != nil {
			t.Fatal(err)
		}
	}
	if text := <-got; text != "01234567<nil>" {
		t.Errorf("the body is %s", text)
	}
}

func TestServer_HeadersWithoutEnd_AreRefused(t *testing.T) {
	_, address := serving(t)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: "+strings.Repeat("x", 1<<20)+"\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return // cut off in the middle: as good
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status = %d", resp.StatusCode)
	}
}

func TestServer_StrangeRequestLines_AreRefused(t *testing.T) {
	_, address := serving(t)
	for line, want := range map[string]int{
		"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost": 421,
		"GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example": 200, // the address in the line is what counts
		"OPTIONS * HTTP/1.1\r\nHost: localhost":                       400,
		"OPTIONS * HTTP/1.1\r\nHost: evil.example":                    421,
		"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example":     421,
		"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost":           400,
		"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b":                 400,
		"GET /healthz HTTP/1.1":                                       400,
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, line+"\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		} else {
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%q: %d, want %d", line, resp.StatusCode, want)
			}
		}
		conn.Close()
	}
}
