package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// model is the part of a service model that matters here. Documentation is not even read.
type model struct {
	Operations map[string]operation
	Shapes     map[string]*shape
}

type operation struct {
	Input, Output *ref
	Errors        []ref
}

type ref struct{ Shape string }

type shape struct {
	Type      string
	Required  []string
	Members   members
	Member    *ref // of a list
	Key       *ref // of a map
	Value     *ref
	Min, Max  *float64
	Pattern   string
	Enum      []string
	Sensitive bool
	Union     bool
	Document  bool
	Fault     bool
	Error     struct {
		Code           string
		HTTPStatusCode int
	}
}

// memberRef may have a place on the wire that only REST protocols use; apigen refuses those it
// cannot honour.
type memberRef struct {
	Name            string `json:"-"`
	Shape           string
	Location        string
	LocationName    string
	TimestampFormat string
}

// members keep the order of the model.
type members []memberRef

func (m *members) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		one := memberRef{}
		if err := d.Decode(&one); err != nil {
			return err
		}
		one.Name = name.(string)
		*m = append(*m, one)
	}
	return nil
}

func parseModel(data []byte) (*model, error) {
	m := new(model)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, err
	}
	return m, nil
}

// apply adds or retypes the members that the overlay names.
func (m *model) apply(overlay []change) error {
	for _, c := range overlay {
		s := m.Shapes[c.in]
		if s == nil || m.Shapes[c.shape] == nil {
			return fmt.Errorf("%s.%s: the model has no shape %s or %s", c.in, c.member, c.in, c.shape)
		}
		i := slices.IndexFunc(s.Members, func(r memberRef) bool { return r.Name == c.member })
		if c.retype != (i >= 0) {
			return fmt.Errorf("%s.%s: the model has changed, look at it again", c.in, c.member)
		}
		if i < 0 {
			s.Members = append(s.Members, memberRef{Name: c.member})
			i = len(s.Members) - 1
		}
		s.Members[i].Shape = c.shape
	}
	return nil
}

// reach returns the names of all shapes that can be reached from the given ones, sorted.
func (m *model) reach(from ...string) []string {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		s := m.Shapes[name]
		for _, r := range s.Members {
			visit(r.Shape)
		}
		for _, r := range []*ref{s.Member, s.Key, s.Value} {
			if r != nil {
				visit(r.Shape)
			}
		}
	}
	for _, name := range from {
		visit(name)
	}
	return sortedKeys(seen)
}
