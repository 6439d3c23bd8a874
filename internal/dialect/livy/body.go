package livy

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// maxBody is the largest JSON body in bytes; statements of dbt and sparklyr are long, but a kernel
// takes no more than 16 MiB of code.
const maxBody = 32 << 20

// fields reads the fields of a request by name. Reading is strict, as Livy's Jackson mapper is: a
// name that is not here is an error, and case counts.
//
// Divergence: a number in a string is accepted; Livy answers 500 with a ClassCastException.
// Zeppelin sends all its properties that way, and Airflow lets its users do it.
type fields map[string]func(json.RawMessage) error

// read takes a request's body apart. Its content type does not matter: Livy parses whatever comes
// as JSON, and its own tests send text/plain.
func (f fields) read(r *request) error {
	text, err := dialect.ReadBody(r.Request, maxBody)
	switch {
	case isLarge(err):
		return &failure{status: http.StatusRequestEntityTooLarge, body: message{"The body is larger than " + strconv.Itoa(maxBody) + " bytes."}}
	case errors.Is(err, session.Throttled):
		return err
	case err != nil:
		return bare(http.StatusBadRequest, "The body could not be read.")
	}
	return f.decode(text)
}

func (f fields) decode(text []byte) error {
	err := livyapi.Fields(f).Decode(text)
	if placed, ok := errors.AsType[*failure](err); ok {
		return placed
	}
	if err != nil {
		return bare(http.StatusBadRequest, "%v", err)
	}
	return nil
}
