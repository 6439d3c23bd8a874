package session

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"hearth/internal/engine"
)

// inquiryLimit bounds the wait for an answer of an instance.
const inquiryLimit = 20 * time.Second

// Complete lists the names that may follow code at the cursor, an offset in characters: without the
// part before their last dot. It waits for no statement; while one runs, or while the instance
// cannot be reached, the list may be empty. NotFound; Conflict with ReasonState if the session is
// not ready; Unsupported for a language without completion.
func (m *Manager) Complete(ctx context.Context, ref Ref, lang engine.Language, code string, cursor int) ([]string, error) {
	var names []string
	err := m.inquire(ctx, ref, lang, func(ctx context.Context, inst engine.Instance) (err error) {
		names, err = inst.Complete(ctx, lang, code, clamp(code, cursor))
		return err
	})
	return names, err
}

// Describe returns the meaning of the name at the cursor by MIME type; nothing if that is not
// known. Otherwise it is like Complete.
func (m *Manager) Describe(ctx context.Context, ref Ref, lang engine.Language, code string, cursor int) (map[string]string, error) {
	var data map[string]string
	err := m.inquire(ctx, ref, lang, func(ctx context.Context, inst engine.Instance) (err error) {
		data, err = inst.Describe(ctx, lang, code, clamp(code, cursor))
		return err
	})
	return data, err
}

func clamp(code string, cursor int) int {
	return min(max(cursor, 0), utf8.RuneCountInString(code))
}

// inquire sends the session's instance a request that may stay without an answer.
func (m *Manager) inquire(ctx context.Context, ref Ref, lang engine.Language, ask func(context.Context, engine.Instance) error) error {
	s, err := m.find(ctx, m.cfg.Store, ref)
	if err != nil {
		return err
	}
	if err := s.accepts(); err != nil {
		return err
	}
	switch runs, err := m.runs(&s, lang); {
	case err != nil:
		return err
	case !runs:
		return errorf(Unsupported, "", "Language %q is not supported.", lang)
	}
	inst := m.instance(s.ID)
	if inst == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, inquiryLimit)
	defer cancel()
	switch err := ask(limited, inst); {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, engine.ErrUnsupported):
		return &Error{Kind: Unsupported, Msg: "The session does not answer that.", Err: err}
	case errors.Is(err, engine.ErrGone), errors.Is(err, engine.ErrDetached), errors.Is(err, context.DeadlineExceeded):
		return nil
	default:
		return err
	}
}
