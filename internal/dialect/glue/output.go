package glue

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/engine"
	"hearth/internal/session"
)

const textPlain = "text/plain"

// output writes what a statement printed and came to, in the form of Livy's results that AWS took
// over: Status is lower-case ok or error, text is one string without white space at its end.
func output(st session.Statement) *glueapi.StatementOutput {
	switch st.State {
	case session.StatementCancelled:
		// Clients read Output of this state too and expect nothing in it; what was printed before
		// the cancel is there for people.
		if len(st.Output) == 0 {
			return &glueapi.StatementOutput{}
		}
		return &glueapi.StatementOutput{Data: data(st)}
	case session.StatementFailed:
		return failure(st, "StatementFailed", "The statement could not be run to its end, because its session ended.")
	case session.StatementDone:
		if st.Status != engine.StatusOK {
			return failure(st, "Error", "The statement failed.")
		}
		return &glueapi.StatementOutput{
			Data: data(st), ExecutionCount: new(int32(st.ExecutionCount)), Status: new(string(engine.StatusOK)),
		}
	}
	// Divergence: A running statement shows its output so far.
	return &glueapi.StatementOutput{Data: data(st)}
}

// failure always has all of name, value and traceback: the kernel and dbt-glue read them without
// looking. What was printed before the error is kept.
func failure(st session.Statement, name, value string) *glueapi.StatementOutput {
	found := engine.StatementError{Name: name, Value: value}
	if st.Error != nil {
		found = *st.Error
	}
	if found.Traceback == nil {
		found.Traceback = []string{}
	}
	return &glueapi.StatementOutput{
		Data: data(st), ExecutionCount: new(int32(st.ExecutionCount)), Status: new(string(engine.StatusError)),
		ErrorName: &found.Name, ErrorValue: &found.Value, Traceback: found.Traceback,
	}
}

// data is the output by kind. With text alone it has exactly one key, which is how the kernel
// recognises text. With a rich value the members of AWS's own bundled model are there too; the
// kernel shows those and not the text, while clients that only know the public model still get the
// text.
func data(st session.Statement) *glueapi.StatementOutputData {
	text := trimmed(join(st, nothing, "stdout", "stderr"))
	mime, value, shown := rich(st)
	if mime == "" {
		return &glueapi.StatementOutputData{TextPlain: &text}
	}
	return &glueapi.StatementOutputData{
		TextPlain: &text, MimeType: &mime, Result: &value,
		StdOut: awsapi.Optional(trimmed(join(st, shown, "stdout"))),
		StdErr: awsapi.Optional(trimmed(join(st, shown, "stderr"))),
	}
}

func trimmed(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }

// Places of a statement's values: an index into its Output, or one of these.
const (
	nothing  = -1
	ownValue = -2 // Statement.Result
)

// join is the text of the given streams in the order it was written. The plain form of values
// belongs to stdout, as the interpreter's display hook has it; that of the value at skip is left
// out, because it is shown in another form.
func join(st session.Statement, skip int, streams ...string) string {
	var b strings.Builder
	if size := textSize(st); size > longText {
		b.Grow(size) // or a long one is copied as often as it doubles
	}
	values := slices.Contains(streams, "stdout")
	for i, o := range st.Output {
		switch {
		case o.Stream != "" && slices.Contains(streams, o.Stream):
			b.WriteString(o.Text)
		case o.Stream == "" && values && i != skip && o.Data[textPlain] != "":
			b.WriteString(o.Data[textPlain] + "\n")
		}
	}
	if values && skip != ownValue {
		b.WriteString(st.Result[textPlain])
	}
	return b.String()
}

const longText = 1 << 20

// textSize is how many bytes of text a statement has, with its plain value.
func textSize(st session.Statement) int {
	n := len(st.Result[textPlain])
	for _, o := range st.Output {
		n += len(o.Text)
	}
	return n
}

// rich picks the value that is shown beside the text, and its place: the API has room for one, so
// it is the last. A statement's own value counts only where it has no plain form or is a picture:
// AWS's interpreter prints values, it does not render them.
func rich(st session.Statement) (mime, value string, place int) {
	if _, plain := st.Result[textPlain]; !plain || st.Result["image/png"] != "" {
		if mime := richest(st.Result); mime != "" {
			return mime, st.Result[mime], ownValue
		}
	}
	for i, o := range slices.Backward(st.Output) {
		if mime := richest(o.Data); mime != "" {
			return mime, o.Data[mime], i
		}
	}
	return "", "", nothing
}

// richest is the MIME type to show of one value, "" if it is only text. The kernel publishes
// whatever type it is given; notebooks everywhere show the first of this list.
func richest(data map[string]string) string {
	for _, mime := range []string{"image/png", "image/jpeg", "image/svg+xml", "text/html", "application/json"} {
		if _, ok := data[mime]; ok {
			return mime
		}
	}
	for _, mime := range slices.Sorted(maps.Keys(data)) {
		if mime != textPlain {
			return mime
		}
	}
	return ""
}
