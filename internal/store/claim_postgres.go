package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// claimPatience is how long the lock of a server is waited for that may just be ending.
	claimPatience = 3 * time.Second
	// claimCheck is how often the connection that holds the lock is looked at.
	claimCheck = 5 * time.Second
)

// The lock belongs to a schema of a database. The number is ours and means nothing.
const (
	takeClaim = `SELECT pg_advisory_lock(48425147, hashtext(current_schema())) -- `
	// claimOwner finds the text of the query by which the owner took the lock.
	claimOwner = `SELECT a.query FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = 48425147
	AND l.objid = hashtext(current_schema())::bigint & 4294967295
	AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`
)

// postgresClaim holds an advisory lock on a connection of its own, which the end of the process
// closes.
type postgresClaim struct {
	stop context.CancelFunc
	done chan struct{}
}

func claimPostgres(ctx context.Context, dsn, owner string) (*postgresClaim, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx leaves the password out of its message.
		return nil, fmt.Errorf("open the database: %w", err)
	}
	config.RuntimeParams["application_name"] = "hearth"
	conn, err := lockPostgres(ctx, config, owner)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &postgresClaim{stop: stop, done: make(chan struct{})}
	go c.hold(ctx, conn, func() (*pgx.Conn, error) { return lockPostgres(ctx, config, owner) })
	return c, nil
}

// lockPostgres makes a connection that holds the lock.
func lockPostgres(ctx context.Context, config *pgx.ConnConfig, owner string) (*pgx.Conn, error) {
	where := config.Database + " on " + config.Host
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", where, err)
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", claimPatience.Milliseconds()))
	if err == nil {
		_, err = conn.Exec(ctx, takeClaim+owner)
	}
	if err == nil {
		return conn, nil
	}
	defer conn.Close(context.WithoutCancel(ctx))                                //nolint:errcheck // the error that matters is the one before
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "55P03" { // lock_not_available
		return nil, fmt.Errorf("lock the database %s: %w", where, err)
	}
	var query string
	_ = conn.QueryRow(ctx, claimOwner).Scan(&query) // who it is only helps
	_, first, _ := strings.Cut(query, "-- ")
	return nil, &InUseError{Database: where, Owner: first}
}

// hold keeps the lock until the claim is closed, and takes it again after a lost connection.
func (c *postgresClaim) hold(ctx context.Context, conn *pgx.Conn, again func() (*pgx.Conn, error)) {
	defer close(c.done)
	tick := time.NewTicker(claimCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				_ = conn.Close(context.WithoutCancel(ctx)) // the server ends it anyway
			}
			return
		case <-tick.C:
		}
		if conn != nil && conn.PgConn().Ping(ctx) == nil {
			continue
		}
		if conn != nil {
			_ = conn.Close(ctx) // it is lost
		}
		conn, _ = again() // tried again at the next tick
	}
}

// Close implements io.Closer.
func (c *postgresClaim) Close() error {
	c.stop()
	<-c.done
	return nil
}
