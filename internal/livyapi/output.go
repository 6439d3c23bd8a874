package livyapi

import (
	"encoding/json"
	"strings"
	"unicode"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// TextPlain is the MIME type of what an interpreter prints.
const TextPlain = "text/plain"

const mimeJSON = "application/json"

// ErrorOf is the error of a statement as Livy's interpreter of its language writes it: Python names
// the class, the others say Error and begin their text with it.
//
// Divergence: the traceback of SQL is the trace as Java prints it, with all causes and the ends of
// its lines; Livy has the first exception's frames alone, which sparkmagic would join into one
// line.
func ErrorOf(st session.Statement) (name, value string, traceback []string) {
	e := engine.StatementError{Name: "Error", Value: "The statement failed."}
	if st.Error != nil {
		e = *st.Error
	}
	switch {
	case st.State != session.StatementDone, e.Name == "InterpreterError":
		return e.Name, e.Value, e.Traceback // ours, not an interpreter's
	case st.Language == engine.SQL:
		return "Error", e.Value, e.Traceback
	case st.Language == engine.Scala && len(e.Traceback) > 0:
		return "Error", strings.TrimRightFunc(e.Traceback[0], unicode.IsSpace), e.Traceback[1:]
	case st.Language == engine.Scala:
		return "Error", e.Value, nil
	}
	return e.Name, e.Value, e.Traceback
}

// Data is the result by MIME type, with one text under text/plain. Values of JSON types are JSON,
// all others text.
func Data(st session.Statement) map[string]any {
	shown := map[string]any{}
	for _, o := range st.Output {
		addRich(shown, o.Data)
	}
	addRich(shown, st.Result)
	if st.Language == engine.SQL {
		if _, ok := shown[mimeJSON]; !ok {
			// dbt-spark-livy reads it of every statement, DDL too.
			shown[mimeJSON] = json.RawMessage(`{"schema":{"type":"struct","fields":[]},"data":[]}`)
		}
		if text, ok := shown[mimeJSON].(json.RawMessage); ok {
			shown[mimeJSON] = table(text)
		}
		return shown
	}
	if st.Language == engine.Scala && len(shown) > 0 {
		// What %json or %table shows takes the place of the text, as in Livy: sparklyr refuses a
		// result of two forms.
		return shown
	}
	// Silent code has an empty text; a value that is shown otherwise needs none.
	if text := plainText(st); text != "" || len(shown) == 0 {
		shown[TextPlain] = text
	}
	return shown
}

func addRich(shown map[string]any, bundle map[string]string) {
	for mime, text := range bundle {
		switch {
		case mime == TextPlain:
		case isJSON(mime) && json.Valid([]byte(text)):
			shown[mime] = json.RawMessage(text)
		default:
			shown[mime] = text
		}
	}
}

func isJSON(mime string) bool { return mime == mimeJSON || strings.HasSuffix(mime, "+json") }

// plainText is what the interpreter would have printed. Livy's Python trims the end of it; its
// Scala keeps it, and sparklyr reads it by lines.
func plainText(st session.Statement) string {
	text := Printed(st)
	if st.Language != engine.Scala {
		return strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return text
}

// Printed is the text of a statement: standard output with the plain form of its values, then
// standard error, as Livy puts them together. sparkmagic reads JSON from the lines of %%sql, so
// warnings must not come in between.
func Printed(st session.Statement) string {
	var out, errs strings.Builder
	out.Grow(printedSize(st))
	for _, o := range st.Output {
		switch {
		case o.Stream == "stderr":
			errs.WriteString(o.Text)
		case o.Stream != "":
			out.WriteString(o.Text)
		case o.Data[TextPlain] != "":
			out.WriteString(line(o.Data[TextPlain]))
		}
	}
	if value := st.Result[TextPlain]; value != "" {
		out.WriteString(value)
		if !strings.HasSuffix(value, "\n") {
			out.WriteByte('\n')
		}
	}
	return out.String() + errs.String()
}

// printedSize is about how long the text of a statement will be, so that a long one is not copied
// while it grows.
func printedSize(st session.Statement) int {
	n := len(st.Result[TextPlain]) + 1
	for _, o := range st.Output {
		if o.Stream != "stderr" {
			n += len(o.Text)
		}
	}
	return n
}

// line ends a text with one newline.
func line(s string) string {
	if strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}
