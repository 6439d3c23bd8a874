package kernel

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Errors of the codec, matched with errors.Is.
var (
	// ErrTooLarge means that a frame's body is, or is announced to be, larger than MaxFrame. A
	// Writer that returns it has written nothing.
	ErrTooLarge = errors.New("kernel: frame too large")
	// ErrMalformed means that a frame's body is not the JSON of a Frame.
	ErrMalformed = errors.New("kernel: malformed frame")
)

// headSize is the length in front of each body.
const headSize = 4

// Reader reads frames. It is for one goroutine.
type Reader struct {
	r    io.Reader
	head [headSize]byte
	body bytes.Buffer
}

// NewReader returns a Reader of r. It reads no byte of r beyond the current frame, so r may be used
// for something else between two frames.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Read returns the next frame, of a known type or not. At the end of the stream it returns io.EOF,
// inside a frame io.ErrUnexpectedEOF. After ErrTooLarge or ErrMalformed the other side is broken:
// do not read on.
func (r *Reader) Read() (Frame, error) {
	if _, err := io.ReadFull(r.r, r.head[:]); err != nil {
		return Frame{}, err
	}
	size := int64(binary.BigEndian.Uint32(r.head[:]))
	if size > MaxFrame {
		return Frame{}, fmt.Errorf("%w: %d bytes announced", ErrTooLarge, size)
	}
	// Grown by what arrives, not by what is announced: four bytes must not cost 16 MiB.
	r.body.Reset()
	if _, err := io.CopyN(&r.body, r.r, size); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, err
	}
	var f Frame
	if err := json.Unmarshal(r.body.Bytes(), &f); err != nil {
		return Frame{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if f.Type == "" {
		return Frame{}, fmt.Errorf("%w: no type", ErrMalformed)
	}
	if r.body.Cap() > keptBuffer {
		r.body = bytes.Buffer{}
	}
	return f, nil
}

// keptBuffer is the largest buffer that is kept for the next frame.
const keptBuffer = 1 << 20

// Writer writes frames, each with one call of Write. It is safe for concurrent use.
type Writer struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one frame, or nothing of it with ErrTooLarge. Any other error is returned again by
// every later call, because part of a frame may be out.
func (w *Writer) Write(f Frame) error {
	body, err := f.Marshal()
	if err != nil {
		return fmt.Errorf("encode %s frame: %w", f.Type, err)
	}
	if len(body) > MaxFrame {
		return fmt.Errorf("%w: %s frame of %d bytes", ErrTooLarge, f.Type, len(body))
	}
	return w.write(f.Type, body)
}

// WriteEvent writes an Event frame around an event that is encoded already, or nothing of it with
// ErrTooLarge.
func (w *Writer) WriteEvent(event json.RawMessage) error {
	const before, after = `{"type":"event","event":`, "}"
	if len(before)+len(event)+len(after) > MaxFrame {
		return fmt.Errorf("%w: event of %d bytes", ErrTooLarge, len(event))
	}
	return w.write(Event, []byte(before), event, []byte(after))
}

// write writes the parts of a body with the length in front.
func (w *Writer) write(kind Type, parts ...[]byte) error {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, headSize+size), uint32(size))
	for _, p := range parts {
		out = append(out, p...)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if _, err := w.w.Write(out); err != nil {
		w.err = fmt.Errorf("write %s frame: %w", kind, err)
	}
	return w.err
}
