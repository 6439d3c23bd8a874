package supervise

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/kernel"

	"github.com/google/go-cmp/cmp"
)

func said(stmt int64, name, text string) kernel.Frame {
	return kernel.Frame{Type: kernel.Stream, Stmt: stmt, Name: name, Text: text}
}

func TestCoalescer_TextOfAStream_IsPutTogetherAndFramesStayInOrder(t *testing.T) {
	result := func(stmt int64) kernel.Frame { return kernel.Frame{Type: kernel.Result, Stmt: stmt} }
	long := strings.Repeat("x", coalesceSize-1)
	for _, c := range []struct {
		name     string
		in, want []kernel.Frame
	}{
		{"lines of one stream", []kernel.Frame{said(1, "stdout", "a\n"), said(1, "stdout", "b\n"), result(1)}, []kernel.Frame{said(1, "stdout", "a\nb\n"), result(1)}},
		{"two streams in turn", []kernel.Frame{said(1, "stdout", "a"), said(1, "stderr", "b"), said(1, "stdout", "c")}, []kernel.Frame{said(1, "stdout", "a"), said(1, "stderr", "b"), said(1, "stdout", "c")}},
		{"two statements", []kernel.Frame{said(1, "stdout", "a"), said(2, "stdout", "b")}, []kernel.Frame{said(1, "stdout", "a"), said(2, "stdout", "b")}},
		{"up to the size", []kernel.Frame{said(1, "stdout", long), said(1, "stdout", "y")}, []kernel.Frame{said(1, "stdout", long+"y")}},
		{"beyond the size", []kernel.Frame{said(1, "stdout", long), said(1, "stdout", "yz")}, []kernel.Frame{said(1, "stdout", long), said(1, "stdout", "yz")}},
		{"what is not text", []kernel.Frame{result(1), result(2)}, []kernel.Frame{result(1), result(2)}},
		{"the text before the end", []kernel.Frame{said(1, "stdout", "last")}, []kernel.Frame{said(1, "stdout", "last")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []kernel.Frame
			j := newCoalescer(func(f kernel.Frame) { got = append(got, f) })
			for _, f := range c.in {
				j.take(f)
			}
			j.flush()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCoalescer_Text_WaitsNoLongerThanItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got := make(chan string, 2)
		j := newCoalescer(func(f kernel.Frame) { got <- f.Text })
		go func() {
			for range 4 {
				j.take(said(1, "stdout", "tick "))
				time.Sleep(coalesceTime * 2 / 5)
			}
		}()
		if text := <-got; text != "tick tick tick " || time.Since(began) != coalesceTime {
			t.Errorf("%q after %v: later text put off the first", text, time.Since(began))
		}
		if text := <-got; text != "tick " || time.Since(began) != coalesceTime*6/5+coalesceTime {
			t.Errorf("%q after %v", text, time.Since(began))
		}
	})
}
