package dialect

import (
	"encoding/json"
	"fmt"

	"hearth/internal/session"
)

// Record encodes what only the dialect knows of a session, for session.NewSession.Extra.
func Record(own any) json.RawMessage {
	text, err := json.Marshal(own)
	if err != nil {
		panic(err) // records are made of strings, numbers and lists of them
	}
	return text
}

// RecordOf decodes what Record encoded.
func RecordOf[T any](s session.Session) (T, error) {
	var own T
	if err := json.Unmarshal(s.Extra, &own); err != nil {
		return own, fmt.Errorf("read the record of session %s: %w", s.ID, err)
	}
	return own, nil
}
