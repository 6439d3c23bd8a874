package session

import (
	"context"
	"maps"
)

// Tag adds or replaces tags. Invalid if more than limit would remain; NotFound.
func (m *Manager) Tag(ctx context.Context, ref Ref, tags map[string]string, limit int) error {
	return m.changeTags(ctx, ref, func(have map[string]string) error {
		maps.Copy(have, tags)
		if len(have) > limit {
			return errorf(Invalid, "", "A session has at most %d tags.", limit)
		}
		return nil
	})
}

// Untag removes the tags with these keys. NotFound.
func (m *Manager) Untag(ctx context.Context, ref Ref, keys []string) error {
	return m.changeTags(ctx, ref, func(have map[string]string) error {
		for _, k := range keys {
			delete(have, k)
		}
		return nil
	})
}

func (m *Manager) changeTags(ctx context.Context, ref Ref, edit func(map[string]string) error) error {
	_, err := m.changeRef(ctx, ref, func(_ Tx, s *Session) (bool, error) {
		have := maps.Clone(s.Tags)
		if have == nil {
			have = make(map[string]string)
		}
		if err := edit(have); err != nil {
			return false, err
		}
		s.Tags = have
		return true, nil
	})
	return err
}
