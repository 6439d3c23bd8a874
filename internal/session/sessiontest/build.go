package sessiontest

import (
	"crypto/rand"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// Began is the moment the builders' sessions were created.
func Began() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }

// Session returns an idle session with ids of its own, changed by the functions given.
func Session(change ...func(*session.Session)) session.Session {
	id := rand.Text()
	s := session.Session{
		Ref:    session.Ref{ID: "s-" + id, Dialect: "glue", Scope: "000000000000/eu-west-1", ExternalID: "my-" + id},
		Owner:  session.Principal{Account: "000000000000", ID: "AKIDEXAMPLE"},
		Size:   session.Size{WorkerType: "G.1X", Workers: 2, CoresPerWorker: 4, MemoryMBPerWorker: 16384, Units: 2},
		Engine: "local",
		Spec: engine.Spec{
			ID: "i-" + id, Launch: engine.Launch{Runtime: "spark-3.5", Cores: 8, MemoryMB: 32768},
			Setup: engine.Setup{Language: engine.Python},
		},
		State:     session.StateIdle,
		Version:   1,
		CreatedAt: Began(), ReadyAt: Began().Add(time.Second), ActiveAt: Began().Add(time.Second),
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

// Statement returns a waiting statement, changed by the functions given.
func Statement(sessionID string, number int64, change ...func(*session.Statement)) session.Statement {
	s := session.Statement{
		SessionID: sessionID, Number: number, Language: engine.Python, Code: "1 + 1",
		State: session.StatementWaiting, Version: 1, CreatedAt: Began().Add(time.Duration(number) * time.Second),
	}
	for _, f := range change {
		f(&s)
	}
	return s
}
