package dli

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"hearth/internal/livyapi"
)

// confField reads conf in every form that it may have. The API reference says "array of objects"
// for sessions and "object" for batches, without an example; so a list may hold objects of pairs,
// objects with key and value, and lines "key=value" as DLI's console has them. Of a repeated key
// the last one counts.
func confField(into *map[string]string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		*into = map[string]string{}
		if value[0] == '{' {
			return livyapi.Map(into)(value)
		}
		return each(value, func(item json.RawMessage) error {
			pairs, err := confPairs(item)
			maps.Copy(*into, pairs)
			return err
		})
	}
}

// confPairs are the pairs of one item of a list.
func confPairs(item json.RawMessage) (map[string]string, error) {
	if item[0] == '{' {
		var pairs map[string]string
		err := livyapi.Map(&pairs)(item)
		key, keyed := pairs["key"]
		value, valued := pairs["value"]
		if keyed && valued && len(pairs) == 2 {
			return map[string]string{key: value}, err
		}
		return pairs, err
	}
	line, err := livyapi.Scalar(item)
	if err != nil {
		return nil, err
	}
	key, value, ok := strings.Cut(line, "=")
	if !ok {
		return nil, errors.New("an item of the list must be an object, or key=value")
	}
	return map[string]string{strings.TrimSpace(key): strings.TrimSpace(value)}, nil
}
