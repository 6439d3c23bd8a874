package supervise

import (
	"errors"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// Kinds of refusal, in Frame.Name.
const (
	refusedGone    = "gone"
	refusedInvalid = "invalid"
	refusedUnknown = "unsupported"
	refusedTrimmed = "trimmed"
)

func refuse(id int64, err error) kernel.Frame {
	return kernel.Frame{Type: kernel.Refused, ID: id, Name: refusal(err), Text: err.Error()}
}

func refusal(err error) string {
	switch {
	case errors.Is(err, engine.ErrGone):
		return refusedGone
	case errors.Is(err, engine.ErrInvalid):
		return refusedInvalid
	case errors.Is(err, engine.ErrUnsupported):
		return refusedUnknown
	case errors.Is(err, engine.ErrTrimmed):
		return refusedTrimmed
	}
	return ""
}
