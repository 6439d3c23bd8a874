package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newLog(t *testing.T, head string, limit int64) (*driverLog, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "driver.log")
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := openLog(path, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, path
}

func TestDriverLog_EndlessOutput_KeepsBeginningAndEnd(t *testing.T) {
	const limit = 64 << 10
	l, path := newLog(t, "the head\n", limit)
	for i := range 100000 {
		if _, err := fmt.Fprintf(l, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(path); err != nil || st.Size() > limit {
			t.Fatalf("after line %d the log has %d bytes: %v", i, st.Size(), err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if !strings.HasPrefix(text, "the head\nline 0\nline 1\n") || !strings.HasSuffix(text, "\nline 99998\nline 99999\n") {
		t.Errorf("the log is %.50q … %q", text, text[len(text)-50:])
	}
	if n := strings.Count(text, "bytes of the log are left out here"); n != 1 {
		t.Errorf("%d marks", n)
	}
	last := -1
	for line := range strings.Lines(text) {
		if line == "the head\n" || strings.HasPrefix(line, "… ") {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(line, "line %d\n", &n); err != nil || n <= last {
			t.Fatalf("%q follows line %d", line, last)
		}
		last = n
	}
}

func TestDriverLog_OneLongLine_IsBoundedToo(t *testing.T) {
	l, path := newLog(t, "", 64<<10)
	for range 100 {
		if n, err := l.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if st, err := os.Stat(path); err != nil || st.Size() > 128<<10 {
		t.Errorf("the log has %d bytes: %v", st.Size(), err)
	}
}

func TestDriverLog_OnAFullDisk_SaysHowMuchIsMissing(t *testing.T) {
	l, path := newLog(t, "the head\n", 64<<10)
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("NOT TESTED: no file here is always full: %v", err) // on macOS
	}
	defer full.Close()
	disk := l.file
	for i := range 3 {
		l.file = full
		fmt.Fprintf(l, "lost %d\n", i)
		fmt.Fprintf(l, "lost %d\n", i)
		l.file = disk
		if i < 2 {
			fmt.Fprintf(l, "kept %d\n", i)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	const mark = "\n… 14 bytes of the log are missing here: they could not be written …\n"
	want := "the head\n" + mark + "kept 0\n" + mark + "kept 1\n" + mark
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the log is %q, %v", got, err)
	}
}

func TestDriverLog_ThatCannotBeWritten_HoldsUpNobody(t *testing.T) {
	l, _ := newLog(t, "", 64<<10)
	l.Close()
	if n, err := l.Write([]byte("lost")); n != 4 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
