package engine

import (
	"maps"
	"strings"
)

// Spec is all that is needed to start an instance. It is stored beside the session, so that an
// accepted session can be started again after a crash.
type Spec struct {
	// ID is the instance's id: unique, chosen by the domain, safe as a file name.
	ID string `json:"id"`
	// Launch decides how the processes start, Setup is what a running instance can still take.
	Launch Launch `json:"launch"`
	Setup  Setup  `json:"setup"`
	// Notes are remarks for the head of the log: substitutions, and what has no effect here.
	Notes []string `json:"notes,omitempty"`
	// Labels go to the environment and the log for people: session_id, dialect, external_id. No
	// decision depends on them.
	Labels map[string]string `json:"labels,omitempty"`
}

// Launch is the part of a Spec that a process cannot learn once it runs. Instances with an equal
// Launch can stand for each other.
type Launch struct {
	// Runtime names the runtime, for example "spark-3.5".
	Runtime string `json:"runtime"`
	// Cores and MemoryMB are what the session asked of its driver and workers together, nominally;
	// 0 leaves it to the driver, which fits them to the machine and says so in the log.
	Cores    int `json:"cores,omitempty"`
	MemoryMB int `json:"memory_mb,omitempty"`
	// DriverMB is the part of MemoryMB that was asked for Spark's driver by itself, 0 if nothing
	// was.
	DriverMB int `json:"driver_mb,omitempty"`
	// Jars are local paths on the class path of Spark's driver from its start.
	Jars []string `json:"jars,omitempty"`
	// Formats are table formats whose jars the runtime carries: delta, iceberg.
	Formats []string `json:"formats,omitempty"`
	// Archives are local paths, each perhaps with "#name": they are unpacked in the working
	// directory of every task, under that name.
	Archives []string `json:"archives,omitempty"`
	// Conf is the configuration that only a starting Spark reads.
	Conf map[string]string `json:"conf,omitempty"`
	// Batch makes the instance run one program to its end. It takes no statements: it is ready as
	// soon as the program runs, and ends with it.
	Batch *Batch `json:"batch,omitempty"`
}

// Setup is the part of a Spec that a running instance can still take.
type Setup struct {
	// AppName becomes spark.app.name.
	AppName string `json:"app_name,omitempty"`
	// Language is the default language of statements.
	Language Language `json:"language,omitempty"`
	// Args is sys.argv[1:] of Python statements.
	Args []string `json:"args,omitempty"`
	// Env is added to the environment of the instance's processes.
	Env map[string]string `json:"env,omitempty"`
	// Conf is the configuration that a running Spark can still take. A spec that is not admitted
	// yet has the whole configuration here.
	Conf map[string]string `json:"conf,omitempty"`
	// PyFiles and Files are local paths.
	PyFiles []string `json:"py_files,omitempty"`
	Files   []string `json:"files,omitempty"`
	// PythonModules are pip requirements installed into the session's own overlay before it is
	// ready, ModuleFiles local paths of wheels and archives installed with them; PipOptions are
	// passed to pip.
	PythonModules []string `json:"python_modules,omitempty"`
	ModuleFiles   []string `json:"module_files,omitempty"`
	PipOptions    []string `json:"pip_options,omitempty"`
	// OutputLimit is how many bytes of output one statement may keep; the rest is dropped with a
	// visible mark. 0 means the driver's default (32 MiB).
	OutputLimit int64 `json:"output_limit,omitempty"`
	// Degrade keeps the instance when the process of its default language dies and Spark lives: it
	// reports EventDegraded instead of ending.
	Degrade bool `json:"degrade,omitempty"`
}

// Batch is a program for spark-submit.
type Batch struct {
	// Main is the local path of a Python file or of a jar.
	Main string `json:"main"`
	// Class is the main class of a jar; "" leaves it to the jar's manifest.
	Class string `json:"class,omitempty"`
	// Args are passed to the program as they are.
	Args []string `json:"args,omitempty"`
}

// Conf returns the whole configuration, that of Launch and that of Setup.
func (s Spec) Conf() map[string]string {
	all := make(map[string]string, len(s.Launch.Conf)+len(s.Setup.Conf))
	maps.Copy(all, s.Launch.Conf)
	maps.Copy(all, s.Setup.Conf)
	return all
}

// NoteLine returns the notes as one line, "" if there are none.
func (s Spec) NoteLine() string { return strings.Join(s.Notes, "; ") }
