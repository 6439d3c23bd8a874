package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

func TestMigrations_BothEngines_HaveTheSameFiles(t *testing.T) {
	files := func(engine string) (names []string) {
		entries, err := fs.ReadDir(migrations, "migrations/"+engine)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if diff := cmp.Diff(files(sqliteName), files(postgresName)); diff != "" {
		t.Errorf("migrations differ (-sqlite +postgres):\n%s", diff)
	}
}

// schema is what both engines must agree on, a sorted list of sentences. The conditions of partial
// indexes and checks are spelled differently by each engine and proven by behaviour in the
// conformance suite.
func schema(t *testing.T, db *sql.DB, queries ...string) []string {
	t.Helper()
	var lines []string
	for _, q := range queries {
		rows, err := db.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(line, "goose") {
				lines = append(lines, line)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

func sqliteSchema() []string {
	const tables = `FROM sqlite_schema m JOIN `
	return []string{
		`SELECT 'column ' || m.name || '.' || c.name || ' ' ||
		CASE c.type WHEN 'INTEGER' THEN 'integer' WHEN 'TEXT' THEN 'text' WHEN 'BLOB' THEN 'bytes' WHEN 'REAL' THEN 'float' ELSE c.type END
		|| CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END
		` + tables + `pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
		`SELECT 'key ' || m.name || ' (' || group_concat(c.name, ', ' ORDER BY c.pk) || ')'
		` + tables + `pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.pk > 0 GROUP BY m.name`,
		`SELECT 'foreign key ' || m.name || ' (' || group_concat(f."from", ', ' ORDER BY f.seq) || ') to '
		|| f."table" || ' (' || group_concat(f."to", ', ' ORDER BY f.seq) || ') on delete ' || lower(f.on_delete)
		` + tables + `pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id`,
		`SELECT CASE l.origin WHEN 'u' THEN 'unique ' || m.name ELSE 'index ' || l.name END
		|| CASE WHEN l."unique" = 1 THEN ' unique' ELSE '' END || CASE WHEN l.partial = 1 THEN ' partial' ELSE '' END
		|| ' (' || (SELECT group_concat(x.name, ', ' ORDER BY x.seqno) FROM pragma_index_info(l.name) x) || ')'
		` + tables + `pragma_index_list(m.name) l WHERE m.type = 'table' AND l.origin <> 'pk'`,
	}
}

func postgresSchema() []string {
	const names = `(SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(%s) WITH ORDINALITY k(num, n)
		JOIN pg_attribute a ON a.attrelid = %s AND a.attnum = k.num)`
	columns := func(list, table string) string { return fmt.Sprintf(names, list, table) }
	return []string{
		`SELECT 'column ' || table_name || '.' || column_name || ' ' ||
		CASE data_type WHEN 'bigint' THEN 'integer' WHEN 'bytea' THEN 'bytes' WHEN 'double precision' THEN 'float' ELSE data_type END
		|| CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
		FROM information_schema.columns WHERE table_schema = current_schema()`,
		`SELECT 'key ' || c.conrelid::regclass || ' (' || ` + columns("c.conkey", "c.conrelid") + ` || ')'
		FROM pg_constraint c WHERE c.contype = 'p' AND c.connamespace = current_schema()::regnamespace`,
		`SELECT 'foreign key ' || c.conrelid::regclass || ' (' || ` + columns("c.conkey", "c.conrelid") + ` || ') to '
		|| c.confrelid::regclass || ' (' || ` + columns("c.confkey", "c.confrelid") + ` || ') on delete '
		|| CASE c.confdeltype WHEN 'c' THEN 'cascade' ELSE c.confdeltype::text END
		FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`,
		`SELECT CASE WHEN u.oid IS NOT NULL THEN 'unique ' || i.indrelid::regclass ELSE 'index ' || i.indexrelid::regclass END
		|| CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END
		|| ' (' || ` + columns("i.indkey::int2[]", "i.indrelid") + ` || ')'
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
		LEFT JOIN pg_constraint u ON u.conindid = i.indexrelid AND u.contype = 'u'
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary`,
	}
}

func TestMigrations_BothEngines_EndInTheSameSchema(t *testing.T) {
	lite := schema(t, openTestSQLite(t).write, sqliteSchema()...)
	pg := schema(t, openTest(t, postgresDSN(t)).write, postgresSchema()...)
	if len(lite) < 70 {
		t.Errorf("only %d facts about the schema: %v", len(lite), lite)
	}
	if diff := cmp.Diff(lite, pg); diff != "" {
		t.Errorf("schemas differ (-sqlite +postgres):\n%s", diff)
	}
}

// TestMigrations_EachVersionWithData_Upgrades fills a database of each version with
// testdata/version-N.sql and demands that Open upgrades it and reads what version-N.json says. A
// new migration needs a new pair of files: -update writes the second.
func TestMigrations_EachVersionWithData_Upgrades(t *testing.T) {
	files, err := fs.Glob(migrations, "migrations/"+sqliteName+"/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for i := range files {
		version := int64(i + 1)
		engines(t, func(t *testing.T, dsn string) {
			fillVersion(t, dsn, version, fmt.Sprintf("version-%d.sql", version))
			checkUpgraded(t, openTest(t, dsn), fmt.Sprintf("version-%d.json", version))
		})
	}
}

// TestMigrations_RowsOfAnOldServer_AreUpgraded does so with what a server wrote that had schema
// version 4: sessions and batches of three APIs in the midst of their lives.
func TestMigrations_RowsOfAnOldServer_AreUpgraded(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		fillVersion(t, dsn, 4, "written-4.sql")
		s := openTest(t, dsn)
		checkUpgraded(t, s, "written-4.json")
		batch := session.Ref{Dialect: "livy", Collection: "batches", Scope: "default", ExternalID: "0"}
		if got, err := s.FindSession(t.Context(), batch); err != nil || got.ID != "s-batch" {
			t.Errorf("the batch is %s, %v", got.ID, err)
		}
		for _, c := range []struct {
			filter session.Filter
			want   int
		}{
			{session.Filter{Dialect: "livy", Collections: []string{""}}, 1},
			{session.Filter{Dialect: "livy"}, 2},
			{session.Filter{Owner: "ann", Labels: map[string]string{session.LabelGroup: "etl"}}, 2},
			{session.Filter{Dialect: "glue", Tags: map[string]string{"team": "data"}, States: []session.State{session.StateEnded}}, 1},
		} {
			if n, err := s.CountSessions(t.Context(), c.filter); n != c.want || err != nil {
				t.Errorf("%+v selects %d, %v, want %d", c.filter, n, err, c.want)
			}
		}
	})
}

// fillVersion makes a database of an old version with the rows of a file of testdata.
func fillVersion(t *testing.T, dsn string, version int64, file string) {
	t.Helper()
	driver, engine := sqliteName, sqliteName
	if strings.HasPrefix(dsn, "postgres:") {
		driver, engine = "pgx", postgresName
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := provider(db, engine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	fill, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(string(fill), ";\n") {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func checkUpgraded(t *testing.T, s *Store, want string) {
	t.Helper()
	var got struct {
		Sessions   []session.Session
		Statements []session.Statement
	}
	var err error
	all := session.Page{Order: session.OldestFirst, Limit: 100}
	if got.Sessions, err = s.ListSessions(t.Context(), session.Filter{Deleted: true}, all); err != nil {
		t.Fatal(err)
	}
	for _, v := range got.Sessions {
		list, err := s.ListStatements(t.Context(), v.ID, session.SeriesCode, session.Page{Limit: 100})
		jobs, errJobs := s.ListStatements(t.Context(), v.ID, session.SeriesJobs, session.Page{Limit: 100})
		if err := errors.Join(err, errJobs); err != nil {
			t.Fatal(err)
		}
		list = append(list, jobs...)
		for i := range list {
			if list[i].Output, err = s.Output(t.Context(), v.ID, list[i].Number); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range list {
			got.Statements = append(got.Statements, b.Statement)
		}
	}
	text, err := json.MarshalIndent(got, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, want, string(text)+"\n")
	fresh := sessiontest.Session()
	insert(t, s, &fresh)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
