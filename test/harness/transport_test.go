//go:build e2e

package harness

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// heldConn returns from the write of a request's body only when the client has begun to read the
// answer to it.
type heldConn struct {
	net.Conn
	answered chan struct{}
}

func (c *heldConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if strings.HasPrefix(string(b), "{") {
		<-c.answered
	}
	return n, err
}

func TestClient_AnswerBeforeTheRequestIsWritten_IsReadWhole(t *testing.T) {
	text := strings.Repeat("x", 20_000_000)
	answer, err := json.Marshal(map[string]any{"Statement": map[string]any{"Code": text}})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		half := len(answer) / 2
		_, _ = w.Write(answer[:half])
		close(answered)
		_, _ = w.Write(answer[half:])
	}))
	defer server.Close()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return &heldConn{c, answered}, err
	}
	transport := &http.Transport{DialContext: dial}
	defer transport.CloseIdleConnections()

	client := newGlue(server.URL, transport)
	got, err := client.GetStatement(t.Context(), &glue.GetStatementInput{SessionId: aws.String("s"), Id: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(aws.ToString(got.Statement.Code)); n != len(text) {
		t.Errorf("%d bytes of %d", n, len(text))
	}
}
