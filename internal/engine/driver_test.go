package engine_test

import (
	"errors"
	"strings"
	"testing"

	"hearth/internal/engine"
)

type nobody struct{ engine.Driver }

func TestFleet_UnknownEngine_IsNoEngineAndNamesThoseThereAre(t *testing.T) {
	fleet := engine.Fleet{"yarn": nobody{}, "local": nobody{}}
	if _, err := fleet.Driver("local"); err != nil {
		t.Errorf("local: %v", err)
	}
	_, err := fleet.Driver("ray")
	if !errors.Is(err, engine.ErrNoEngine) || !strings.Contains(err.Error(), `"ray"`) || !strings.HasSuffix(err.Error(), "local, yarn") {
		t.Errorf("ray: %v", err)
	}
}
