package server

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"hearth/internal/awsapi"
	"hearth/internal/reqevent"
)

// plain answers with one line of text for people.
func plain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n")
}

// note records in the request's event who refused it and why.
func note(r *http.Request, dialect, operation, problem string) {
	e := reqevent.From(r.Context())
	e.Dialect, e.Operation, e.Code, e.Err = dialect, operation, "Refused", errors.New(problem)
}

// quote makes what a client sent safe to show: printable, short, in quotes.
func quote(s string) string { return strconv.QuoteToASCII(s[:min(len(s), 200)]) }

func unknownPath(w http.ResponseWriter, r *http.Request) {
	note(r, "none", "unknown path", "no dialect answers here")
	text := "Nothing answers at " + quote(r.URL.Path) + "."
	if r.Method == http.MethodPost && r.URL.Path == "/" {
		text = "An AWS request must be signed or name its operation in X-Amz-Target."
	}
	plain(w, http.StatusNotFound, text)
}

// refuseSigned answers a signature that cannot be read.
func refuseSigned(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := errors.AsType[*awsapi.Fault](err)
	if !ok {
		f = &awsapi.Fault{Code: "IncompleteSignatureException", Status: http.StatusBadRequest, Message: "The signature cannot be read"}
	}
	refuse(w, r, f.Code, f.Message, http.StatusBadRequest)
}

// refuseService answers for a service that nobody plays here. The status is one that no SDK
// retries.
func refuseService(w http.ResponseWriter, r *http.Request, name, known string) {
	message := "The service " + quote(name) + " is not available here. Available: " + known + "."
	if name == "s3" {
		refuse(w, r, "NotImplemented", message, http.StatusNotImplemented)
		return
	}
	refuse(w, r, "UnknownOperationException", message, http.StatusNotFound)
}

// refuse writes an error in the protocol that the client reads: XML for S3 and the query protocol,
// JSON for the rest.
func refuse(w http.ResponseWriter, r *http.Request, code, message string, status int) {
	note(r, "aws", "refuse", message)
	reqevent.From(r.Context()).Code = code
	id := reqevent.From(r.Context()).RequestID
	w.Header().Set("X-Amzn-Requestid", id)
	switch {
	case code == "NotImplemented":
		writeXML(w, status, s3Error{Code: code, Message: message, RequestID: id})
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		writeXML(w, status, queryError{Error: queryDetail{Type: "Sender", Code: code, Message: message}, RequestID: id})
	default:
		w.Header().Set("X-Amzn-Errortype", code)
		writeJSON(w, status, map[string]string{"__type": code, "message": message})
	}
}

type s3Error struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
}

type queryDetail struct{ Type, Code, Message string }

type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Error     queryDetail
	RequestID string `xml:"RequestId"`
}

func writeXML(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	xml.NewEncoder(w).Encode(v) // a client that is gone is no news to anybody
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // as above
}
