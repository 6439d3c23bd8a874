package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
)

func TestEngines_ConfigurationNamesOneThatIsNotThere_IsRefusedWithTheList(t *testing.T) {
	opened := 0
	rows := []engineRow{{"one", nil}, {"two", nil}}
	for i := range rows {
		rows[i].open = func(context.Context, given) (engine.Driver, error) {
			opened++
			return fake.New(fake.Config{}), nil
		}
	}
	for name, c := range map[string]config{
		"server": {Engine: "three"},
		"glue":   {Glue: glueConfig{Engine: "three"}},
		"livy":   {Livy: livyConfig{Engine: "three"}},
		"dli":    {DLI: dliConfig{Engine: "three"}},
		"queue":  {DLI: dliConfig{Queues: []dliQueue{{Name: "q", Engine: "three"}}}},
	} {
		_, err := openFleet(t.Context(), rows, given{config: c})
		if !errors.Is(err, engine.ErrNoEngine) || !strings.Contains(err.Error(), "one, two") || opened > 0 {
			t.Errorf("%s: %v, %d opened", name, err, opened)
		}
	}
	c := config{Engine: "two", Livy: livyConfig{Engine: "one"}}
	if fleet, err := openFleet(t.Context(), rows, given{config: c}); err != nil || len(fleet) != 2 {
		t.Errorf("%v, %v", fleet, err)
	}
}
