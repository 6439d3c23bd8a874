package livy

import (
	"bytes"
	"net/http"
	"strconv"

	"hearth/internal/reqevent"
)

// contentType is that of every answer with a body but one (refuseForged).
const contentType = "application/json;charset=utf-8"

// write sends a body as JSON, or none.
func write(w http.ResponseWriter, r *http.Request, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	text, err := encode(body)
	if err != nil {
		reqevent.From(r.Context()).Err = err
		status, text = http.StatusInternalServerError, []byte(`"an internal error occurred"`)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone is no news to anybody
}

// message is the object that Livy answers where there is nothing else to say.
type message struct {
	Msg string `json:"msg"`
}

// member is one key of an object with its value.
type member struct {
	name  string
	value any
}

// object is a JSON object whose keys keep their order: Livy's do, and people compare what they see.
type object []member

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) { return encode(o) }

// fraction is a number that is always written with a decimal point, as the JVM writes doubles: some
// clients tell 0.0 from 0 by its form.
type fraction float64

// MarshalJSON implements json.Marshaler.
func (f fraction) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(f), 'f', -1, 64)
	if !bytes.ContainsRune([]byte(text), '.') {
		text += ".0"
	}
	return []byte(text), nil
}

// nullable is s, or null where Livy has no value.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
