package awsapi

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
)

const jsonContentType = "application/x-amz-json-1.1"

// Service is an http.Handler that speaks JSON 1.1 for one API: it chooses a route by X-Amz-Target,
// decodes, validates, calls, encodes.
type Service struct {
	endpoint
	target string
	routes map[string]Route
}

// NewService returns a service for the target prefix of the API's model, such as AWSGlue. Two
// routes for one operation are a mistake in the program and panic.
func NewService(c Config, target string, routes ...Route) *Service {
	s := &Service{endpoint: newEndpoint(c, internalService), target: target, routes: make(map[string]Route, len(routes))}
	for _, route := range routes {
		name := route.Operation.Name
		if _, twice := s.routes[name]; twice {
			panic(fmt.Sprintf("awsapi: two routes for %s.%s", target, name))
		}
		s.routes[name] = route
	}
	return s
}

func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, s) }

func (s *Service) answer(w http.ResponseWriter, r *http.Request, call *Call) ([]byte, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, methodNotAllowed(r.Method)
	}
	route, err := s.route(r)
	if err != nil {
		return nil, err
	}
	call.Operation = route.Operation.Name
	body, err := s.body(w, r, serialization, "The request body could not be read")
	if err != nil {
		return nil, err
	}
	out, err := route.invoke(r.Context(), body)
	if err != nil {
		return nil, err
	}
	return Encode(out)
}

// route demands a JSON content type. That is not pedantry: it is what keeps a form on a web page
// from calling us.
func (s *Service) route(r *http.Request) (Route, error) {
	target := r.Header.Get("X-Amz-Target")
	prefix, name, _ := strings.Cut(target, ".")
	route, ok := s.routes[name]
	switch {
	case target == "":
		return Route{}, unknownOperation.New("The request has no X-Amz-Target header")
	case prefix != s.target || !ok:
		return Route{}, unknownOperation.New("The operation is not known here")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != jsonContentType && media != "application/json" {
		return Route{}, unknownOperation.New("The request must have the content type " + jsonContentType)
	}
	return route, nil
}

func methodNotAllowed(method string) error {
	return &Fault{
		Code: unknownOperation.Code, Status: http.StatusMethodNotAllowed,
		Message: "The method " + method + " is not supported here",
	}
}

func (s *Service) encodeFault(f *Fault, _ string) []byte {
	body, err := Encode(struct {
		Type    string `json:"__type"`
		Message string `json:",omitzero"`
	}{f.Code, f.Message})
	if err != nil {
		panic(err) // two strings always encode
	}
	return body
}

func (s *Service) contentType() string { return jsonContentType }
