// Package sessiontest helps to test the code above and below the session domain: a Store in memory,
// builders of sessions and statements, and Exercise, the conformance suite every session.Store
// passes.
//
// It is for tests alone and must never reach the binary. The Store is a real small implementation,
// not a recorder of calls: a test that passes on it passes on SQLite and PostgreSQL, because all of
// them pass Exercise.
package sessiontest
