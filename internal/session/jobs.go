package session

import (
	"context"

	"hearth/internal/engine"
)

// A job is a statement that a program sent instead of a person: it waits, runs,
// is cancelled, kept and found again after a restart like any other, and in one
// queue with them. It is counted and listed apart (SeriesJobs), and accepted as
// soon as its session is, also before that is ready.

// Submit accepts a job. Errors are those of Run.
func (m *Manager) Submit(ctx context.Context, ref Ref, lang engine.Language, code string) (Statement, error) {
	return m.accept(ctx, ref, SeriesJobs, lang, code)
}

// Job returns the job at a place with its output, as Statement does.
func (m *Manager) Job(ctx context.Context, ref Ref, place int64) (Statement, error) {
	return m.read(ctx, ref, SeriesJobs, place)
}

// Jobs returns jobs with their output in order of acceptance, as Statements does.
func (m *Manager) Jobs(ctx context.Context, ref Ref, p Page) ([]Statement, int64, error) {
	return m.list(ctx, ref, SeriesJobs, p)
}

// CancelJob asks a job to stop, as Cancel does.
func (m *Manager) CancelJob(ctx context.Context, ref Ref, place int64) error {
	return m.cancel(ctx, ref, SeriesJobs, place)
}
