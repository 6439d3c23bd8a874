package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"hearth/internal/engine"
)

const (
	magic = "HSPOOL2\n"
	// oneFileMagic begins a spool that is one file.
	oneFileMagic = "HSPOOL1\n"
	headerSize   = 8
	// maxRecord bounds a body: a frame of 16 MiB whose text grows when it is encoded again.
	maxRecord = 64 << 20
)

// ErrDamaged means that a record is torn or its checksum is wrong.
var ErrDamaged = errors.New("spool: damaged record")

// Record is one entry: an event, the acceptance of a statement, or the head of a segment.
type Record struct {
	Event  *engine.Event `json:"event,omitempty"`
	Accept *Accept       `json:"accept,omitempty"`
	Head   *Head         `json:"head,omitempty"`
}

// Accept records that a statement was accepted and must never be accepted again.
type Accept struct {
	Number   int64           `json:"number"`
	Language engine.Language `json:"language,omitempty"`
}

// Head is what the rest of a spool must know of the segments before, which may be gone.
type Head struct {
	// First is the number of the first event in the segment.
	First uint64 `json:"first"`
	// Unfinished are the statements that were accepted before and had no result, in order.
	Unfinished []int64 `json:"unfinished,omitempty"`
}

// encode returns the bytes of a record.
func encode(r Record) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, headerSize))
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // HTML output would grow sixfold at every bracket
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encode spool record: %w", err)
	}
	body := b.Bytes()[headerSize:]
	if len(body) > maxRecord {
		return nil, fmt.Errorf("spool record of %d bytes is too large", len(body))
	}
	binary.BigEndian.PutUint32(b.Bytes(), uint32(len(body)))
	binary.BigEndian.PutUint32(b.Bytes()[4:], checksum(body))
	return b.Bytes(), nil
}

// eventOf returns the event of the body of a record that holds one, as encode has written it.
func eventOf(body []byte) (json.RawMessage, bool) {
	event, ok := bytes.CutPrefix(body, []byte(`{"event":`))
	return bytes.TrimSuffix(bytes.TrimSuffix(event, []byte("\n")), []byte("}")), ok
}

// read reads one record: io.EOF at a clean end, ErrDamaged for anything else that is not a record.
func read(src io.Reader) (Record, int64, error) {
	body, n, err := readBody(src)
	if err != nil {
		return Record{}, 0, err
	}
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, n, nil
}

// readBody reads the body of one record, whose checksum it compares, and returns the length of the
// whole record with it. Errors are those of read.
func readBody(src io.Reader) ([]byte, int64, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(src, head[:]); errors.Is(err, io.EOF) {
		return nil, 0, io.EOF
	} else if err != nil {
		return nil, 0, damaged(err)
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size > maxRecord {
		return nil, 0, fmt.Errorf("record of %d bytes: %w", size, ErrDamaged)
	}
	// Read as it comes: a damaged length must not become an allocation.
	body, err := io.ReadAll(io.LimitReader(src, int64(size)))
	if err != nil {
		return nil, 0, err
	}
	if len(body) < int(size) || checksum(body) != binary.BigEndian.Uint32(head[4:]) {
		return nil, 0, ErrDamaged
	}
	return body, headerSize + int64(size), nil
}

// damaged returns ErrDamaged for a file that ends too early, and another error as it is.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
