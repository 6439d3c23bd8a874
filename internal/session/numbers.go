package session

import "context"

// NextNumber returns the next number of a named series: 0, 1, 2 and so on. It
// is stored before it is returned, so that no number is ever returned twice,
// whatever crashes or is deleted; gaps are possible. Dialects whose external ids
// are small numbers draw them here.
func (m *Manager) NextNumber(ctx context.Context, series string) (int64, error) {
	var n int64
	err := m.tx(ctx, func(tx Tx) (err error) {
		n, err = tx.NextNumber(ctx, series)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
