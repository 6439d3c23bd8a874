package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Of several programs that do so at the same time, one does
// the work and the others find it done.
func migrate(ctx context.Context, db *sql.DB, engine string) error {
	p, err := provider(db, engine)
	if err != nil {
		return err
	}
	for {
		before, target, err := p.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("read the schema's version: %w", err)
		}
		if before > target {
			return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: "+
				"start a release of hearth at least as new as the one that used this database last, or choose another database", before, target)
		}
		if before == target {
			return nil
		}
		_, errUp := p.Up(ctx)
		if errUp == nil {
			return nil
		}
		// SQLite has no lock that spans migrations. The loser of a race finds its migration done,
		// was rolled back, and looks again.
		if after, _, err := p.GetVersions(ctx); err != nil || after == before {
			return fmt.Errorf("upgrade the schema from version %d to %d: %w", before, target, errUp)
		}
	}
}

func provider(db *sql.DB, engine string) (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/"+engine)
	if err != nil {
		return nil, fmt.Errorf("find the migrations of %s: %w", engine, err)
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectPostgres
	if engine == sqliteName {
		versions, err := database.NewStore(database.DialectSQLite3, goose.DefaultTablename)
		if err != nil {
			return nil, fmt.Errorf("prepare the migrations: %w", err)
		}
		dialect = goose.DialectCustom
		options = append(options, goose.WithStore(onceVersions{versions}))
	} else {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, fmt.Errorf("prepare the migrations' lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db, folder, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare the migrations: %w", err)
	}
	return p, nil
}

// onceVersions refuses to record a version twice. It is asked at the end of each migration, inside
// its immediate transaction, so that one that was done by another program in the meantime is rolled
// back.
type onceVersions struct{ database.Store }

var errMigrated = errors.New("another program did this migration at the same time")

func (o onceVersions) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	_, err := o.GetMigration(ctx, db, req.Version)
	switch {
	case err == nil:
		return errMigrated
	case !errors.Is(err, database.ErrVersionNotFound):
		return err
	}
	return o.Store.Insert(ctx, db, req)
}
