package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
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
	configured := func(text string) config {
		c, err := readConfig([]string{"-config", written(t, text)}, dialects(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, text := range []string{"engine: three", "glue: {engine: three}", "livy: {engine: three, ttl: 1h}", "dli: {engine: three}"} {
		_, err := openFleet(t.Context(), rows, given{config: configured(text)})
		if !errors.Is(err, engine.ErrNoEngine) || !strings.Contains(err.Error(), "one, two") || opened > 0 {
			t.Errorf("%s: %v, %d opened", text, err, opened)
		}
	}
	fleet, err := openFleet(t.Context(), rows, given{config: configured("engine: two\nlivy: {engine: one}")})
	if err != nil || len(fleet) != 2 {
		t.Errorf("%v, %v", fleet, err)
	}
	m := session.NewManager(session.Config{Engines: fleet, DefaultEngine: "two"})
	if err := m.AddGroups(session.Group{Dialect: "x", Name: "q", Engine: "three"}); !errors.Is(err, engine.ErrNoEngine) {
		t.Errorf("a group with an engine that is not there: %v", err)
	}
}
