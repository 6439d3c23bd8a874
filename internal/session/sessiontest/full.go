package sessiontest

import (
	"encoding/json"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// FullSession returns a session in which every field is set, with text of many scripts.
func FullSession() session.Session {
	at := func(n time.Duration) time.Time { return Began().Add(n*time.Hour + 123456*time.Microsecond) }
	return Session(func(s *session.Session) {
		s.ExternalID += "/../ñ 日本 🔥 'quoted' \"twice\" %s $1 ?"
		s.Owner = session.Principal{Account: "000000000000", ID: "AKID", ARN: "arn:aws:iam::000000000000:user/Zoë"}
		s.Description = "línea uno\nline two\ttab \\ back"
		s.Tags = map[string]string{"team": "données", "": "empty key", "empty value": "", "emoji": "👩‍🔬"}
		s.Labels = map[string]string{"queue": "q", "kind": "spark"}
		s.Extra = json.RawMessage(`{ "kept":  "as written", "n": 1e3, "ключ": null }`)
		s.Size = session.Size{WorkerType: "G.2X", Workers: 3, CoresPerWorker: 8, MemoryMBPerWorker: 32768, Units: 6.5}
		s.Spec.Setup.Args = []string{"--x", "a b"}
		s.Spec.Launch.Conf = map[string]string{"spark.executor.memory": "4g"}
		s.Spec.Setup.Conf = map[string]string{"spark.sql.shuffle.partitions": "4"}
		s.Spec.Notes = []string{"«granted»", "2 cores"}
		s.Spec.Setup.Env = map[string]string{"A": "<&>"}
		s.Handle = engine.Handle("\x00\x01\xff binary")
		s.State, s.Cause, s.Reason = session.StateEnded, session.CauseCrashed, "the driver died: «сегфолт»"
		s.Info = engine.Info{SparkVersion: "3.5.7", UIAddress: "127.0.0.1:4040", UISecret: "keep me", Cores: 2, MemoryMB: 2048}
		s.Applied = 1<<53 + 1
		s.CreatedAt, s.ReadyAt, s.EndedAt, s.DeletedAt = at(1), at(2), at(3), at(4)
		s.ActiveAt, s.IdleDeadline, s.LifetimeDeadline = at(5), at(6), at(7)
		s.HeartbeatTimeout, s.HeartbeatDeadline = time.Minute+time.Microsecond, at(8)
		s.IdleTimeout, s.Lifetime = 48*time.Hour+time.Microsecond, 7*24*time.Hour
		s.Statements = 1 << 40
		s.Collection, s.Engine = "batches ß", "standalone"
		s.Retries, s.Tries, s.LastTry = 2, 1<<33, "the program «failed»"
	})
}

// FullStatement returns a statement in which every field but Output is set.
func FullStatement(sessionID string, number int64) session.Statement {
	return Statement(sessionID, number, func(s *session.Statement) {
		s.Language, s.Code = engine.Scala, "val s = \"日本 🔥 ' $1 ?\"\n\x00 \xff raw"
		s.State, s.Status = session.StatementDone, engine.StatusError
		s.Error = &engine.StatementError{Name: "ValueError", Value: "nicht gültig", Traceback: []string{"a", "", "ü\n"}}
		s.Result = map[string]string{"text/plain": "<b>1</b>", "image/png": "aGk="}
		s.Series, s.ExternalID, s.Description = session.SeriesJobs, "0b5e-ü", "línea uno\nline two"
		s.Extra = json.RawMessage(`{ "kept":  "as written" }`)
		s.ExecutionCount, s.Progress = 7, 0.3333333333333333
		s.StartedAt = s.CreatedAt.Add(time.Microsecond)
		s.CompletedAt = s.CreatedAt.Add(time.Hour)
	})
}
