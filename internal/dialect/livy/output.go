package livy

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"hearth/internal/engine"
	"hearth/internal/session"
)

const (
	textPlain = "text/plain"
	mimeJSON  = "application/json"
)

// statementID is Livy's number of a statement, which is its execution_count too.
func statementID(st session.Statement) int64 { return st.Number - 1 }

// wireStatement is the object of a statement: Livy's keys in Livy's order.
func wireStatement(st session.Statement) object {
	progress := st.Progress
	if st.State.Final() {
		progress = 1
	}
	completed := st.CompletedAt
	if st.StartedAt.IsZero() {
		completed = time.Time{} // cancelled before it ran
	}
	return object{
		{"id", statementID(st)},
		{"code", st.Code},
		{"state", statementState(st)},
		{"output", output(st)},
		{"progress", fraction(progress)},
		{"started", millis(st.StartedAt)},
		{"completed", millis(completed)},
	}
}

// millis is Livy's unit of time; 0 is never.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// output is null until the statement has ended, and for one that never ran.
func output(st session.Statement) any {
	switch st.State {
	case session.StatementDone:
		if st.Status == engine.StatusOK {
			return object{{"status", "ok"}, {"execution_count", statementID(st)}, {"data", data(st)}}
		}
		return failed(st)
	case session.StatementCancelled:
		if st.StartedAt.IsZero() || st.Error == nil {
			return nil
		}
		return failed(st)
	case session.StatementFailed:
		return failed(st)
	}
	return nil
}

// failed is the output of a statement with an error. Clients join the lines of
// the traceback without anything between them.
//
// Divergence: what was printed before the error is in data; Livy drops it, or
// shows it with the next statement.
func failed(st session.Statement) object {
	name, value, traceback := errorOf(st)
	out := object{
		{"status", "error"},
		{"execution_count", statementID(st)},
		{"ename", name},
		{"evalue", value},
		{"traceback", list(traceback)},
	}
	if printed := strings.TrimRightFunc(printedBy(st), unicode.IsSpace); printed != "" {
		out = append(out, member{"data", map[string]string{textPlain: printed}})
	}
	return out
}

// errorOf is the error as Livy's interpreter of the language writes it: Python
// names the class, the others say Error and begin their text with it.
func errorOf(st session.Statement) (name, value string, traceback []string) {
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

// data is the result by MIME type, with one text under text/plain. Values of
// JSON types are JSON, all others text.
func data(st session.Statement) map[string]any {
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
		return shown
	}
	// Silent code has an empty text; a value that is shown otherwise needs none.
	if text := plainText(st); text != "" || len(shown) == 0 {
		shown[textPlain] = text
	}
	return shown
}

func addRich(shown map[string]any, bundle map[string]string) {
	for mime, text := range bundle {
		switch {
		case mime == textPlain:
		case isJSON(mime) && json.Valid([]byte(text)):
			shown[mime] = json.RawMessage(text)
		default:
			shown[mime] = text
		}
	}
}

func isJSON(mime string) bool { return mime == mimeJSON || strings.HasSuffix(mime, "+json") }

// plainText is what the interpreter would have printed. Livy's Python trims the
// end of it; its Scala keeps it, and sparklyr reads it by lines.
func plainText(st session.Statement) string {
	text := printedBy(st)
	if st.Language != engine.Scala {
		return strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return text
}

// printedBy is the text of a statement: standard output with the plain form of
// its values, then standard error, as Livy puts them together. sparkmagic reads
// JSON from the lines of %%sql, so warnings must not come in between.
func printedBy(st session.Statement) string {
	var out, errs strings.Builder
	for _, o := range st.Output {
		switch {
		case o.Stream == "stderr":
			errs.WriteString(o.Text)
		case o.Stream != "":
			out.WriteString(o.Text)
		case o.Data[textPlain] != "":
			out.WriteString(line(o.Data[textPlain]))
		}
	}
	if value := st.Result[textPlain]; value != "" {
		out.WriteString(line(value))
	}
	return out.String() + errs.String()
}

// line ends a text with one newline.
func line(s string) string {
	if strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}
