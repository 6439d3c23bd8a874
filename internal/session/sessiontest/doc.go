// Package sessiontest helps to test whatever sits on or beneath the session
// domain: a Store in memory, builders of sessions and statements, and Exercise,
// the conformance suite every session.Store passes.
//
// It is for tests alone and must never reach the binary. The Store is a real
// small implementation, not a recorder of calls: what passes on it passes on
// SQLite and PostgreSQL, because all of them pass Exercise.
package sessiontest
