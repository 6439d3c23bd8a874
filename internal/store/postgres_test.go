package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	postgres.stop()
	os.Exit(code)
}

// postgres is the server all tests share, started by the first that asks.
var postgres sharedServer

type sharedServer struct {
	once   sync.Once
	server *server
	dsn    string
	err    error
}

const postgresVariable = "HEARTH_TEST_POSTGRES"

func (p *sharedServer) start() {
	if p.dsn = os.Getenv(postgresVariable); p.dsn != "" {
		return
	}
	if p.server, p.err = startServer(context.Background()); p.err == nil {
		p.dsn = p.server.dsn()
	}
}

func (p *sharedServer) stop() {
	if p.server != nil {
		p.server.stop()
	}
}

// postgresDSN returns the address of an empty schema of the test's own.
func postgresDSN(t testing.TB) string {
	t.Helper()
	postgres.once.Do(postgres.start)
	if postgres.err != nil {
		t.Fatalf("no PostgreSQL to test with: %v\nEither let this machine reach Maven Central, "+
			"or set %s to the URL of a database in which schemas may be created.", postgres.err, postgresVariable)
	}
	schema := "hearth_test_" + strings.ToLower(rand.Text())
	onPostgres(t, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { onPostgres(t, "DROP SCHEMA "+schema+" CASCADE") })
	u, err := url.Parse(postgres.dsn)
	if err != nil {
		t.Fatalf("%s: %v", postgresVariable, err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

func onPostgres(t testing.TB, query string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also used in cleanups
	conn, err := pgx.Connect(ctx, postgres.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
}

func TestPostgres_Contract(t *testing.T) {
	sessiontest.Exercise(t, func(t *testing.T) session.Store { return openTest(t, postgresDSN(t)) })
}
