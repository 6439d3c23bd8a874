package awsapi

import (
	"fmt"
	"net/http"
)

// ErrorType is an error that an API's model declares: its name on the wire and its HTTP status.
type ErrorType struct {
	Code   string
	Status int
	Fault  bool // the server's fault, not the client's
}

// New returns the error as an answer with a message that is safe to show to the client.
func (t ErrorType) New(message string) *Fault { return t.Wrap(nil, message) }

// Newf is New with a format.
func (t ErrorType) Newf(format string, args ...any) *Fault {
	return t.New(fmt.Sprintf(format, args...))
}

// Wrap is New with the inner error, which goes to the log and never to the client.
func (t ErrorType) Wrap(err error, message string) *Fault {
	return &Fault{Code: t.Code, Message: message, Status: t.Status, Err: err}
}

// Fault is an error as the client sees it. Message leaves the process, Err does not.
type Fault struct {
	Code    string
	Message string
	Status  int // 400 if zero
	Err     error
}

func (f *Fault) Error() string {
	text := f.Code
	if f.Message != "" {
		text += ": " + f.Message
	}
	if f.Err != nil {
		text += ": " + f.Err.Error()
	}
	return text
}

func (f *Fault) Unwrap() error { return f.Err }

func (f *Fault) status() int {
	if f.Status == 0 {
		return http.StatusBadRequest
	}
	return f.Status
}

// The errors of the protocol itself. No model declares them and every service may answer with them.
var (
	accessDenied        = ErrorType{Code: "AccessDeniedException", Status: http.StatusBadRequest}
	incompleteSignature = ErrorType{Code: "IncompleteSignatureException", Status: http.StatusBadRequest}
	internalService     = ErrorType{Code: "InternalServiceException", Status: http.StatusInternalServerError, Fault: true}
	serialization       = ErrorType{Code: "SerializationException", Status: http.StatusBadRequest}
	throttling          = ErrorType{Code: "ThrottlingException", Status: http.StatusBadRequest}
	tooLarge            = ErrorType{Code: "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge}
	unknownOperation    = ErrorType{Code: "UnknownOperationException", Status: http.StatusBadRequest}
	unrecognizedClient  = ErrorType{Code: "UnrecognizedClientException", Status: http.StatusBadRequest}
	validation          = ErrorType{Code: "ValidationException", Status: http.StatusBadRequest}
)

// CommonErrors lists the errors that any operation may answer with although its model does not
// declare them.
func CommonErrors() []ErrorType {
	return []ErrorType{
		accessDenied, incompleteSignature, internalService, serialization, throttling, tooLarge,
		unknownOperation, unrecognizedClient, validation,
	}
}
