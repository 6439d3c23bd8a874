package kernel_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// spoken is one line of a golden transcript: a frame and who sends it. The tests of the Python
// kernel replay the same files.
type spoken struct {
	Kernel     json.RawMessage
	Supervisor json.RawMessage
}

// transcript returns the bodies of a transcript's frames.
func transcript(t testing.TB, name string) [][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var bodies [][]byte
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var s spoken
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		bodies = append(bodies, append(s.Kernel, s.Supervisor...))
	}
	return bodies
}

func transcripts(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/transcripts/*.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return names
}

func framed(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func TestTranscripts_EveryFrame_SurvivesBothWays(t *testing.T) {
	for _, name := range transcripts(t) {
		var stream, again bytes.Buffer
		bodies := transcript(t, name)
		for _, body := range bodies {
			stream.Write(framed(body))
		}
		r, w := kernel.NewReader(iotest.OneByteReader(&stream)), kernel.NewWriter(&again)
		for range bodies {
			f, err := r.Read()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := w.Write(f); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if _, err := r.Read(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: the end gave %v", name, err)
		}
		for _, want := range bodies {
			got := again.Next(4 + int(binary.BigEndian.Uint32(again.Bytes())))[4:]
			if !sameJSON(t, got, want) {
				t.Errorf("%s: wrote %s\nfor %s", name, got, want)
			}
		}
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestReader_BrokenStreams_AreToldApart(t *testing.T) {
	whole := framed([]byte(`{"type":"ping","id":1}`))
	for _, test := range []struct {
		name   string
		stream []byte
		want   error
	}{
		{"nothing", nil, io.EOF},
		{"inside the length", whole[:3], io.ErrUnexpectedEOF},
		{"before the body", whole[:4], io.ErrUnexpectedEOF},
		{"inside the body", whole[:len(whole)-1], io.ErrUnexpectedEOF},
		{"too large", binary.BigEndian.AppendUint32(nil, kernel.MaxFrame+1), kernel.ErrTooLarge},
		{"huge", []byte{255, 255, 255, 255, '{'}, kernel.ErrTooLarge},
		{"largest, and nothing in it", binary.BigEndian.AppendUint32(nil, kernel.MaxFrame), io.ErrUnexpectedEOF},
		{"empty", framed(nil), kernel.ErrMalformed},
		{"no JSON", framed([]byte("ping")), kernel.ErrMalformed},
		{"no object", framed([]byte("[]")), kernel.ErrMalformed},
		{"no type", framed([]byte("{}")), kernel.ErrMalformed},
		{"wrong kind of field", framed([]byte(`{"type":"ping","id":"1"}`)), kernel.ErrMalformed},
	} {
		if _, err := kernel.NewReader(bytes.NewReader(test.stream)).Read(); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

func TestReader_FrameOfTheFuture_IsRead(t *testing.T) {
	f, err := kernel.NewReader(bytes.NewReader(framed([]byte(`{"type":"new","stmt":3,"unknown":{}}`)))).Read()
	if err != nil || f.Type != "new" || f.Stmt != 3 {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestReader_BetweenFrames_LeavesTheStreamAlone(t *testing.T) {
	stream := bytes.NewReader(append(framed([]byte(`{"type":"ping"}`)), "rest"...))
	if _, err := kernel.NewReader(stream).Read(); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(stream); string(rest) != "rest" {
		t.Errorf("%q is left of the stream", rest)
	}
}

func TestWriter_LargestFrame_FitsAndOneMoreByteDoesNot(t *testing.T) {
	var out bytes.Buffer
	w := kernel.NewWriter(&out)
	empty, err := kernel.Frame{Type: kernel.Execute, Code: "x"}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	room := kernel.MaxFrame - len(empty) + 1
	if err := w.Write(kernel.Frame{Type: kernel.Execute, Code: strings.Repeat("x", room+1)}); !errors.Is(err, kernel.ErrTooLarge) || out.Len() > 0 {
		t.Errorf("one byte too many: %v, %d bytes written", err, out.Len())
	}
	if err := w.Write(kernel.Frame{Type: kernel.Execute, Code: strings.Repeat("x", room)}); err != nil {
		t.Errorf("after a frame that was refused: %v", err)
	}
	if f, err := kernel.NewReader(&out).Read(); err != nil || len(f.Code) != room {
		t.Errorf("read %d bytes of code, %v", len(f.Code), err)
	}
}

func TestWriter_AfterAFailure_WritesNoMore(t *testing.T) {
	broken := &shortWriter{room: 6}
	w := kernel.NewWriter(broken)
	for range 2 {
		if err := w.Write(kernel.Frame{Type: kernel.Shutdown}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("got %v", err)
		}
	}
	if broken.calls != 1 {
		t.Errorf("%d calls after a frame was cut", broken.calls)
	}
}

// shortWriter takes a few bytes and fails.
type shortWriter struct{ room, calls int }

func (w *shortWriter) Write([]byte) (int, error) {
	w.calls++
	return w.room, io.ErrShortWrite
}

func TestWriter_ConcurrentWrites_DoNotMix(t *testing.T) {
	r, out := io.Pipe()
	w := kernel.NewWriter(out)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := w.Write(kernel.Frame{Type: kernel.Stream, Text: strings.Repeat("y", 5000)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { wg.Wait(); out.Close() }()
	count, frames := 0, kernel.NewReader(r)
	for {
		f, err := frames.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(f.Text) != 5000 {
			t.Fatalf("frame %d: %d bytes, %v", count, len(f.Text), err)
		}
		count++
	}
	if count != 400 {
		t.Errorf("%d frames arrived", count)
	}
}

// FuzzReader feeds the reader anything: it must not panic or take more memory than the stream is
// long, and what it accepts must survive a way there and back.
func FuzzReader(f *testing.F) {
	for _, name := range transcripts(f) {
		for _, body := range transcript(f, name) {
			f.Add(framed(body))
		}
	}
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Add([]byte{1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := kernel.NewReader(bytes.NewReader(stream))
		for {
			read, err := r.Read()
			if err != nil {
				return
			}
			var out bytes.Buffer
			if err := kernel.NewWriter(&out).Write(read); err != nil {
				t.Fatalf("cannot write what was read: %v", err)
			}
			again, err := kernel.NewReader(&out).Read()
			if err != nil {
				t.Fatalf("cannot read what was written: %v", err)
			}
			first, _ := read.Marshal()
			second, _ := again.Marshal()
			if !bytes.Equal(first, second) {
				t.Fatalf("%s became %s", first, second)
			}
		}
	})
}

func TestWriter_EncodedEvent_IsTheFrameOfTheEvent(t *testing.T) {
	event := engine.Event{Seq: 7, Kind: engine.EventStream, Stream: "stdout", Text: "<a & b>\n"}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := kernel.NewWriter(&b).WriteEvent(text); err != nil {
		t.Fatal(err)
	}
	f, err := kernel.NewReader(&b).Read()
	if err != nil || f.Type != kernel.Event || f.Event.Text != event.Text || f.Event.Seq != 7 {
		t.Errorf("read %+v, %v", f, err)
	}
	for _, extra := range []int{0, 1} {
		large := json.RawMessage(`"` + strings.Repeat("x", kernel.MaxFrame-len(`{"type":"event","event":""}`)+extra) + `"`)
		if err := kernel.NewWriter(io.Discard).WriteEvent(large); errors.Is(err, kernel.ErrTooLarge) != (extra == 1) {
			t.Errorf("%d bytes over: %v", extra, err)
		}
	}
}
