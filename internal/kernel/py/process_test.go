package py_test

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"hearth/internal/kernel"
)

// process is a kernel process, seen as its supervisor sees it.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	to     *kernel.Writer
	frames chan kernel.Frame
	stmt   int64
}

// launch starts a kernel process whose frames come on descriptor 3. The JVM reads its frames from
// its standard input, Python from descriptor 4.
func launch(t *testing.T, stdin bool, dir string, argv, env []string) *process {
	t.Helper()
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	p := &process{t: t, cmd: exec.Command(argv[0], argv[1:]...), to: kernel.NewWriter(inW), frames: make(chan kernel.Frame, 1000)}
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.ExtraFiles = []*os.File{outW}
	p.cmd.Env = append(append([]string(nil), env...), "HEARTH_OUT_FD=3")
	if stdin {
		p.cmd.Stdin = inR
	} else {
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, inR)
		p.cmd.Env = append(p.cmd.Env, "HEARTH_IN_FD="+strconv.Itoa(4))
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	inR.Close()
	outW.Close()
	go p.read(kernel.NewReader(outR))
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		if out, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("log of %s:\n%s", argv[0], out)
		}
	})
	return p
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func (p *process) read(r *kernel.Reader) {
	defer close(p.frames)
	for {
		f, err := r.Read()
		if err != nil {
			return
		}
		p.frames <- f
	}
}

func (p *process) send(f kernel.Frame) {
	p.t.Helper()
	if err := p.to.Write(f); err != nil {
		p.t.Fatal(err)
	}
}

// await returns the next frame of a type and those before it.
func (p *process) await(want kernel.Type) (kernel.Frame, []kernel.Frame) {
	p.t.Helper()
	var before []kernel.Frame
	late := time.After(time.Minute)
	for {
		select {
		case f, ok := <-p.frames:
			if !ok || f.Type == kernel.Fatal && want != kernel.Fatal {
				p.t.Fatalf("the process ended before a %s frame: %s", want, f.Text)
			}
			if f.Type == want {
				return f, before
			}
			before = append(before, f)
		case <-late:
			p.t.Fatalf("no %s frame within a minute", want)
		}
	}
}

// execute starts the next statement.
func (p *process) execute(code string) int64 {
	p.t.Helper()
	p.stmt++
	p.send(kernel.Frame{Type: kernel.Execute, Stmt: p.stmt, Lang: "python", Code: code})
	return p.stmt
}

// run runs a statement and returns its result and its output.
func (p *process) run(code string) (result kernel.Frame, output string) {
	p.t.Helper()
	p.execute(code)
	result, before := p.await(kernel.Result)
	for _, f := range before {
		output += f.Text
	}
	return result, output
}

// want runs a statement that must give this value.
func (p *process) want(code, value string) {
	p.t.Helper()
	result, output := p.run(code)
	if result.Data["text/plain"] != value {
		p.t.Errorf("%s\ngave %q, want %q; status %s, error %+v, output:\n%s", code, result.Data["text/plain"], value, result.Status, result.Error, output)
	}
}
