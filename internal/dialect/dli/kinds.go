package dli

import (
	"encoding/json"

	"hearth/internal/engine"
	"hearth/internal/livyapi"
)

// kindSpark is the API's only kind: statements are Scala. The others, by the names that Livy has
// for them, are ours.
const kindSpark = "spark"

// languageOf is the language of a kind, "" for what is none.
func languageOf(kind string) engine.Language {
	switch kind {
	case kindSpark:
		return engine.Scala
	case "pyspark":
		return engine.Python
	case "sql":
		return engine.SQL
	}
	return ""
}

// kindField reads a kind.
//
// Divergence: the kinds pyspark and sql are there too, for sessions and for statements of any
// session; DLI has spark alone.
func kindField(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		kind, err := livyapi.Scalar(value)
		if err == nil && languageOf(kind) == "" {
			return invalid("The parameter kind must be spark (or pyspark or sql), not %q.", kind)
		}
		*into = kind
		return err
	}
}
