package livy

import (
	"encoding/json"
	"net/http"

	"hearth/internal/engine"
	"hearth/internal/livyapi"
)

// The kinds of sessions and statements, as they are shown.
const (
	kindSpark   = "spark"
	kindPySpark = "pyspark"
	kindSparkR  = "sparkr"
	kindSQL     = "sql"
	kindShared  = "shared"
)

// languageR is a language that no engine runs.
const languageR engine.Language = "r"

// kindOf reads a kind. Livy has two names for three of them and shows the first; pyspark3 is
// refused since 0.5.
func kindOf(name string) (string, bool) {
	switch name {
	case kindSpark, "scala":
		return kindSpark, true
	case kindPySpark, "python":
		return kindPySpark, true
	case kindSparkR, "r":
		return kindSparkR, true
	case kindSQL, kindShared:
		return name, true
	}
	return "", false
}

// kindField reads a kind.
func kindField(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		name, err := livyapi.Scalar(value)
		if err != nil {
			return err
		}
		kind, ok := kindOf(name)
		if !ok {
			return bare(http.StatusBadRequest, "Invalid kind: %s", name)
		}
		*into = kind
		return nil
	}
}

// languageOf is the language of statements of a kind; "" for shared, which has none.
func languageOf(kind string) engine.Language {
	switch kind {
	case kindSpark:
		return engine.Scala
	case kindPySpark:
		return engine.Python
	case kindSparkR:
		return languageR
	case kindSQL:
		return engine.SQL
	}
	return ""
}

// sessionLanguage is the language an engine is started with. Statements name their own, so it only
// matters for which interpreter is warm first.
func sessionLanguage(kind string) engine.Language {
	switch kind {
	case kindSpark, kindSQL:
		return languageOf(kind)
	}
	return engine.Python
}
