package house

import (
	"slices"
	"strings"
	"testing"
)

// only is a closed list: of our packages, a package below From imports those below Ours alone; with
// Std it imports nothing from outside the module but the standard library.
type only struct {
	From   string
	Ours   []string
	Std    bool
	Reason string
}

// The arrows: cmd → server → dialect → session → engine (port).
var closed = []only{
	{
		From: "internal/engine", Std: true,
		Reason: "the port is what both the domain and every driver depend on; an import of ours would make a cycle of packages",
	},
	{
		From: "internal/session", Ours: []string{"internal/engine"}, Std: true,
		Reason: "the domain is the part that never changes with a protocol, a database or a cluster",
	},
	{
		From: "internal/kernel", Ours: []string{"internal/engine"}, Std: true,
		Reason: "supervisors outlive upgrades: their protocol must not drag the server's code along",
	},
	{
		From: "internal/engine/spark", Ours: []string{"internal/engine", "internal/memsize", "internal/runtimes"}, Std: true,
		Reason: "command lines are pure functions, so that golden files can show them",
	},
	{
		From:   "internal/engine/spark/recipe",
		Ours:   []string{"internal/engine", "internal/engine/spark", "internal/engine/supervise", "internal/kernel", "internal/runtimes"},
		Std:    true,
		Reason: "a plan names files and processes; whoever runs them depends on it, and it on no engine",
	},
	{
		From: "internal/engine/supervise", Ours: []string{"internal/engine", "internal/kernel"},
		Reason: "one supervisor lives beside every session for days: it stays small and knows no rules",
	},
	{
		From: "internal/store", Ours: []string{"internal/engine", "internal/session"},
		Reason: "the store keeps what the domain gives it and knows nobody else",
	},
	{
		From: "internal/runtimes", Ours: []string{"internal/engine", "internal/kernel"},
		Reason: "installing a runtime works with no server, no store and no session",
	},
	{
		From: "internal/awsapi", Ours: []string{"internal/awsapi", "internal/inflight"}, Std: true,
		Reason: "the protocol runtime is shared by dialects; what a session is, is not its business",
	},
	{
		From: "internal/livyapi", Ours: []string{"internal/engine", "internal/session"}, Std: true,
		Reason: "what Livy and the APIs made from it have in common holds no route and no error of any of them",
	},
	{
		From: "internal/inflight", Std: true,
		Reason: "how many bytes requests hold is the same question for every protocol",
	},
	{
		From: "internal/memsize", Std: true,
		Reason: "a grammar that the engine and the dialects share is neither's",
	},
	{
		From: "internal/sdkhmac", Std: true,
		Reason: "who signed is a question about bytes; what the signer may do is another's",
	},
	{
		From: "cmd", Ours: []string{"internal"},
		Reason: "a program is wired from the packages; tools and tests are none of them",
	},
}

// exact names packages whose subpackages live under their own rule.
var exact = []string{"internal/engine", "internal/engine/spark", "internal/session"}

func TestImports_ClosedPackages_ImportWhatTheyMayAlone(t *testing.T) {
	for _, rule := range closed {
		for _, p := range packages(t) {
			if !rule.covers(p.ImportPath) {
				continue
			}
			for _, imp := range p.Imports {
				if !rule.allows(imp) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, rule.Reason)
				}
			}
		}
	}
}

func (r only) covers(path string) bool {
	if slices.Contains(exact, r.From) {
		return path == module+"/"+r.From
	}
	return under(path, r.From)
}

func (r only) allows(imp string) bool {
	if !ours(imp) {
		return !r.Std || standard(imp)
	}
	return under(imp, r.From) && !slices.Contains(exact, r.From) ||
		slices.ContainsFunc(r.Ours, func(dir string) bool {
			if slices.Contains(exact, dir) {
				return imp == module+"/"+dir
			}
			return under(imp, dir)
		})
}

// never is one forbidden arrow. To may name a folder of ours, or any import path; with Deep it
// counts however long the way is.
type never struct {
	From, To string
	Except   []string
	Deep     bool
	Reason   string
}

var forbidden = []never{
	{From: "internal/session", To: "net/http", Reason: "the domain speaks no protocol"},
	{From: "internal/session", To: "database/sql", Reason: "the domain knows Store, not SQL"},
	{From: "internal/engine/supervise", To: "net/http", Deep: true, Reason: "a web server in every supervisor costs megabytes per session"},
	{From: "internal/engine/supervise", To: "database/sql", Deep: true, Reason: "the supervisor keeps a spool of frames; rows are the server's"},
	{From: "internal/engine/spark", To: "os/exec", Reason: "it builds command lines and starts nothing"},
	{From: "internal/engine/spark", To: "net", Reason: "pure functions open no sockets"},
	{From: "internal/dialect", To: "internal/store", Deep: true, Reason: "a dialect that reads rows writes rules a second time"},
	{From: "internal/dialect", To: "database/sql", Deep: true, Reason: "a dialect that reads rows writes rules a second time"},
	{From: "internal/dialect", To: "internal/engine/*", Deep: true, Except: []string{"internal/dialect/dialecttest"}, Reason: "a dialect asks the Manager; which driver runs a session is not its business"},
	{From: "internal/dialect", To: "internal/server", Reason: "a dialect is mounted by the server and does not know where"},
	{From: "internal/server", To: "internal/dialect/*", Reason: "the server mounts what the program hands it; which dialects there are is one table in cmd"},
	{From: "internal/files", To: "internal/dialect", Deep: true, Reason: "where files lie is no dialect's business"},
	{From: "internal/server", To: "internal/store", Reason: "the server wires dialects; cmd opens stores"},
	{From: "internal/server", To: "internal/engine/*", Reason: "the server wires dialects; cmd builds drivers"},
	{From: "internal/awsapi", To: "internal/session", Deep: true, Reason: "the protocol runtime is shared by dialects and knows no session"},
	{From: "internal/engine", To: "internal/session", Deep: true, Except: []string{"internal/engine/enginetest"}, Reason: "drivers obey the port; rules stay in the domain"},
	{From: "internal/engine", To: "internal/dialect", Deep: true, Reason: "drivers obey the port; no driver serves one API alone"},
	{From: "internal", To: "cmd", Reason: "packages are wired by the program, never the other way round"},
	{From: "internal", To: "test", Reason: "the suites look at the program from outside"},
	{From: "internal", To: "tools", Reason: "generators run before the build, not inside it"},
}

func TestImports_ForbiddenArrows_DoNotExist(t *testing.T) {
	for _, rule := range forbidden {
		for _, p := range packages(t) {
			if !under(p.ImportPath, rule.From) || slices.ContainsFunc(rule.Except, func(dir string) bool { return under(p.ImportPath, dir) }) {
				continue
			}
			imports := p.Imports
			if rule.Deep {
				imports = p.Deps
			}
			for _, imp := range imports {
				if rule.hits(imp) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, rule.Reason)
				}
			}
		}
	}
}

func (r never) hits(imp string) bool { return imp == r.To || under(imp, r.To) }

func TestImports_Dialects_DoNotKnowEachOther(t *testing.T) {
	const folder = module + "/internal/dialect/"
	for _, p := range packages(t) {
		mine, ok := strings.CutPrefix(p.ImportPath, folder)
		if !ok {
			continue
		}
		mine, _, _ = strings.Cut(mine, "/")
		for _, imp := range p.Deps {
			other, ok := strings.CutPrefix(imp, folder)
			other, _, _ = strings.Cut(other, "/")
			if ok && other != mine {
				t.Errorf("%s reaches %s: a dialect can be thrown away only if no other leans on it", p.ImportPath, imp)
			}
		}
	}
}

// unwelcome are packages that must not reach the binary.
var unwelcome = []struct {
	Match  func(string) bool
	Reason string
}{
	{func(p string) bool { return p == "testing" || strings.HasPrefix(p, "testing/") }, "test helpers register flags and belong to tests"},
	{func(p string) bool { return ours(p) && (strings.HasSuffix(p, "test") || strings.HasSuffix(p, "/fake")) }, "fakes and conformance suites are for tests"},
	{func(p string) bool {
		return strings.HasPrefix(p, "github.com/aws/aws-sdk-go-v2/service/") && !strings.HasPrefix(p, "github.com/aws/aws-sdk-go-v2/service/s3")
	}, "service SDKs are oracles in tests; our own types are generated"},
	{func(p string) bool { return strings.HasPrefix(p, "k8s.io/") }, "six REST calls do not need 379 packages"},
	{func(p string) bool { return strings.Contains(p, "embedded-postgres") }, "the server is given a database; tests start one"},
	{func(p string) bool { return p == "github.com/google/go-cmp/cmp" }, "comparing with panics is for tests"},
	{func(p string) bool { return p == "net/http/pprof" }, "it registers handlers on the default mux for whoever imports it"},
}

func TestImports_Binary_CarriesNothingOfTheTests(t *testing.T) {
	binary := find(packages(t), "cmd/hearth")
	if binary == nil {
		t.Fatal("there is no package cmd/hearth")
	}
	for _, dep := range binary.Deps {
		for _, rule := range unwelcome {
			if rule.Match(dep) {
				t.Errorf("cmd/hearth reaches %s: %s", dep, rule.Reason)
			}
		}
	}
}
