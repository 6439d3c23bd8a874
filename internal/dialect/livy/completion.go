package livy

import (
	"errors"
	"net/http"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// complete lists what code could go on with. Livy completes Scala alone; where nothing can be
// completed the list is empty, which clients take for that.
//
// Divergence: the kind may be left out and is then the session's; Livy's documentation says so, and
// Livy answers 500.
func (d *api) complete(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return reply{}, err
	}
	code, kind, cursor := "", own.Kind, -1
	known := fields{"code": livyapi.Text(&code), "kind": kindField(&kind), "cursor": livyapi.Whole(&cursor)}
	if err := known.read(r); err != nil {
		return reply{}, err
	}
	if !s.State.Runnable() {
		return reply{}, notRunning(stateOf(s), tooSoonOrLate())
	}
	if kind == kindShared {
		return reply{}, bare(http.StatusBadRequest, "A completion in a shared session needs a kind: spark, pyspark, sparkr or sql.")
	}
	if cursor < 0 {
		cursor = len([]rune(code))
	}
	found, err := d.Manager.Complete(r.Context(), s.Ref, languageOf(kind), code, cursor)
	switch {
	case errors.Is(err, session.ReasonState):
		return reply{}, d.notRunning(r.Context(), s, err)
	case err != nil && !errors.Is(err, session.Unsupported):
		return reply{}, err
	}
	return ok(object{{"candidates", list(found)}})
}
