package localtest

import (
	"context"
	"os"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
)

// Recipe is a local.Recipe made of a plan, with a policy that refuses STUB_REFUSED in Env.
type Recipe func(ctx context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error)

// Admit implements local.Recipe.
func (Recipe) Admit(_ context.Context, s engine.Spec) (engine.Spec, error) {
	if s.Setup.Env["STUB_REFUSED"] != "" {
		return engine.Spec{}, engine.Invalidf("STUB_REFUSED is not for a session to set")
	}
	return s, nil
}

// Footprint implements local.Recipe: the three processes of an instance, or what was asked for
// Spark's driver by itself if that is more.
func (Recipe) Footprint(l engine.Launch) int { return max(l.DriverMB, stubsMB) }

// stubsMB is about how much memory a supervisor and two stubs take.
const stubsMB = 64

// Plan implements local.Recipe.
func (r Recipe) Plan(ctx context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
	return r(ctx, s, dir)
}

// Stub plans both kernels of an instance, or the program of a batch, out of the test binary.
func Stub(_ context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
	process := func(role string) supervise.Process {
		env := []string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
		for k, v := range s.Setup.Env {
			env = append(env, k+"="+v)
		}
		p := supervise.Process{Role: role, Argv: []string{os.Args[0], "stub", role}, Env: env, Dir: dir.Run()}
		if role == spark.RoleJVM {
			p.Stdin, p.Leads, p.OOMText, p.Takes = true, true, spark.OOMText, []engine.FileKind{engine.FileJar, engine.FilePlain}
		} else {
			p.InterruptFirst, p.TakesGateway, p.Takes = true, true, []engine.FileKind{engine.FilePython}
			p.Dispensable = s.Setup.Degrade
		}
		return p
	}
	p := supervise.Plan{Launch: supervise.Launch{
		Processes: []supervise.Process{process(spark.RoleJVM), process(spark.RolePython)},
		Route:     map[engine.Language]string{engine.Python: spark.RolePython, engine.Scala: spark.RoleJVM},
		Stall:     20 * time.Second,
	}}
	if s.Launch.Batch != nil {
		jvm := process(spark.RoleJVM)
		jvm.Argv = []string{os.Args[0], "program", s.Launch.Batch.Main}
		p.Launch.Processes, p.Launch.Route, p.Launch.Batch = []supervise.Process{jvm}, nil, true
	}
	if len(s.Notes) > 0 {
		p.Head = []string{s.NoteLine()}
	}
	return p, nil
}
