package dli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"hearth/internal/reqevent"
)

// contentType is that of every answer.
const contentType = "application/json;charset=utf-8"

// write sends a body as JSON.
func write(w http.ResponseWriter, r *http.Request, status int, body any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // what is shown is what was said
	if err := e.Encode(body); err != nil {
		one := reqevent.From(r.Context())
		one.Code, one.Err, one.Fault = codeInternal, err, true
		status = http.StatusBadRequest
		b.Reset()
		b.WriteString(`{"error_code":"` + codeInternal + `","error_msg":"` + internalText + `"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that is gone is no news to anybody
}

// message is the object that DLI answers where there is nothing else to say.
type message struct {
	Msg string `json:"msg"`
}

// nullable is s, or null where the API has no value.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// list is items, or an empty list: never null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
