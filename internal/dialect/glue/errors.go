package glue

import (
	"errors"
	"fmt"
	"slices"

	"hearth/internal/awsapi"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/session"
)

// invalid is the error for what the client must change; the text reaches it.
func invalid(format string, args ...any) error {
	return &session.Error{Kind: session.Invalid, Msg: fmt.Sprintf(format, args...)}
}

// Errors that every operation may answer with although none declares them; users of the real
// service meet them as well.
var (
	throttling   = awsapi.ErrorType{Code: "ThrottlingException", Status: 400}
	unrecognized = awsapi.ErrorType{Code: "UnrecognizedClientException", Status: 400}
)

// candidates lists, per kind of error, the wire errors that say it, best first. The first that the
// operation declares is sent; InvalidInputException and InternalServiceException are declared by
// all.
func candidates(e *session.Error) []awsapi.ErrorType {
	switch e.Kind {
	case session.NotFound:
		return []awsapi.ErrorType{glueapi.EntityNotFoundException, glueapi.InvalidInputException}
	case session.Exists:
		return []awsapi.ErrorType{glueapi.AlreadyExistsException, glueapi.InvalidInputException}
	case session.Conflict:
		if e.Reason == session.ReasonConcurrent {
			return []awsapi.ErrorType{glueapi.ConcurrentModificationException, glueapi.OperationTimeoutException}
		}
		return []awsapi.ErrorType{glueapi.IllegalSessionStateException, glueapi.InvalidInputException}
	case session.Busy:
		return []awsapi.ErrorType{glueapi.SessionBusyException, throttling}
	case session.Quota:
		return []awsapi.ErrorType{glueapi.ResourceNumberLimitExceededException, glueapi.InvalidInputException}
	case session.Timeout:
		return []awsapi.ErrorType{glueapi.OperationTimeoutException}
	case session.Unsupported:
		return []awsapi.ErrorType{glueapi.OperationNotSupportedException, glueapi.InvalidInputException}
	case session.Invalid:
		return []awsapi.ErrorType{glueapi.InvalidInputException}
	case session.Forbidden:
		return []awsapi.ErrorType{glueapi.AccessDeniedException}
	case session.Throttled:
		return []awsapi.ErrorType{throttling}
	case session.Unauthenticated:
		return []awsapi.ErrorType{unrecognized}
	}
	return nil
}

// wireError turns an error into what the operation's clients know. It returns nil for violations of
// the model's constraints, which awsapi answers with ValidationException, as AWS does.
func wireError(operation string, err error) *awsapi.Fault {
	if _, ok := errors.AsType[awsapi.Violations](err); ok {
		return nil
	}
	e := session.AsError(err)
	for _, t := range candidates(e) {
		if declares(operation, t) {
			return t.Wrap(err, e.Msg)
		}
	}
	if e.Kind == session.Unavailable {
		return glueapi.InternalServiceException.Wrap(err, e.Msg)
	}
	return glueapi.InternalServiceException.Wrap(err, "An internal error occurred. The server's log has more under this request id.")
}

// declares reports whether the operation may answer with this error: its model says so, or it is
// one that every operation may answer with.
func declares(operation string, t awsapi.ErrorType) bool {
	for _, op := range glueapi.Operations() {
		if op.Name == operation && op.Declares(t.Code) {
			return true
		}
	}
	return slices.ContainsFunc(awsapi.CommonErrors(), func(c awsapi.ErrorType) bool { return c.Code == t.Code })
}
