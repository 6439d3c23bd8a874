package supervise

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// oldSupervisor attaches everybody and refuses the rest as one does that does not know the frame.
func oldSupervisor(t *testing.T) Record {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in, out := kernel.NewReader(c), kernel.NewWriter(c)
		for {
			f, err := in.Read()
			if err != nil {
				return
			}
			answer := kernel.Frame{Type: kernel.Refused, ID: f.ID, Text: "unknown request"}
			if f.Type == kernel.Attach {
				answer = kernel.Frame{Type: kernel.Attached, ID: f.ID}
			}
			if out.Write(answer) != nil {
				return
			}
		}
	}()
	return Record{ID: "i", Socket: path, Protocols: []int{kernel.Version}}
}

func TestConn_InquiryToAnOlderSupervisor_IsUnsupported(t *testing.T) {
	c, err := Dial(t.Context(), oldSupervisor(t), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Complete(t.Context(), engine.Python, "x", 1); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("Complete: %v, want ErrUnsupported", err)
	}
	if _, err := c.Describe(t.Context(), engine.Python, "x", 1); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("Describe: %v, want ErrUnsupported", err)
	}
}
