package awsapi

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

const queryContentType = "text/xml"

// The errors of the query protocol itself, which has other names for them than JSON 1.1.
var (
	internalFailure = ErrorType{Code: "InternalFailure", Status: http.StatusInternalServerError, Fault: true}
	invalidAction   = ErrorType{Code: "InvalidAction", Status: http.StatusBadRequest}
	malformedQuery  = ErrorType{Code: "MalformedQueryString", Status: http.StatusBadRequest}
)

// QueryRoute is an action of a query API together with what answers it.
type QueryRoute struct {
	action string
	invoke func(ctx context.Context, form url.Values) (any, error)
}

// HandleQuery binds an action to the function that does its work. The function gets the form and
// returns what encoding/xml writes inside the <ActionResult> element, or nil for an action without
// a result.
func HandleQuery[Out any](action string, f func(ctx context.Context, form url.Values) (*Out, error)) QueryRoute {
	return QueryRoute{action: action, invoke: func(ctx context.Context, form url.Values) (any, error) {
		out, err := f(ctx, form)
		if err != nil || out == nil {
			return nil, err
		}
		return out, nil
	}}
}

// QueryService is an http.Handler that speaks the query protocol (a form in, XML out) for one API
// such as STS or IAM:
// it chooses a route by Action.
type QueryService struct {
	endpoint
	version   string
	namespace string
	routes    map[string]QueryRoute
}

// NewQueryService returns a service for one version of an API and the namespace of its XML. Two
// routes for one action are a mistake in the program and panic.
func NewQueryService(c Config, version, namespace string, routes ...QueryRoute) *QueryService {
	s := &QueryService{
		endpoint: newEndpoint(c, internalFailure), version: version, namespace: namespace,
		routes: make(map[string]QueryRoute, len(routes)),
	}
	for _, route := range routes {
		if _, twice := s.routes[route.action]; twice {
			panic(fmt.Sprintf("awsapi: two routes for action %s", route.action))
		}
		s.routes[route.action] = route
	}
	return s
}

func (s *QueryService) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, s) }

func (s *QueryService) answer(w http.ResponseWriter, r *http.Request, call *Call) ([]byte, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		return nil, methodNotAllowed(r.Method)
	}
	form, err := s.form(w, r)
	if err != nil {
		return nil, err
	}
	route, ok := s.routes[form.Get("Action")]
	if !ok || form.Has("Version") && form.Get("Version") != s.version {
		return nil, invalidAction.New("The action is not known here in this version")
	}
	call.Operation = route.action
	out, err := route.invoke(r.Context(), form)
	if err != nil {
		return nil, err
	}
	return s.encode(route.action, out, call.RequestID)
}

// form is the query of a GET, as presigned GetCallerIdentity is, or the body of a POST over its
// query.
func (s *QueryService) form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	body, err := s.body(w, r, malformedQuery, "The form could not be read")
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.ParseForm(); err != nil {
		return nil, malformedQuery.Wrap(err, "The form could not be read")
	}
	return r.Form, nil
}

type responseMetadata struct {
	RequestID string `xml:"RequestId"`
}

func (s *QueryService) encode(action string, out any, requestID string) ([]byte, error) {
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	outer := xml.StartElement{
		Name: xml.Name{Local: action + "Response"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: s.namespace}},
	}
	err := e.EncodeToken(outer)
	if err == nil && out != nil {
		err = e.EncodeElement(out, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	}
	if err == nil {
		err = e.EncodeElement(responseMetadata{requestID}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	}
	if err == nil {
		err = e.EncodeToken(outer.End())
	}
	if err == nil {
		err = e.Flush()
	}
	return b.Bytes(), err
}

func (s *QueryService) encodeFault(f *Fault, requestID string) []byte {
	type detail struct{ Type, Code, Message string }
	side := "Sender"
	if f.status() >= http.StatusInternalServerError {
		side = "Receiver"
	}
	body, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Error     detail
		RequestID string `xml:"RequestId"`
	}{Namespace: s.namespace, Error: detail{side, f.Code, f.Message}, RequestID: requestID})
	if err != nil {
		panic(err) // strings always encode
	}
	return body
}

func (s *QueryService) contentType() string { return queryContentType }
