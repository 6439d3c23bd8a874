package engine

// Spec is all that is needed to start an instance. It is stored beside the
// session, so that an accepted session can be started again after a crash.
type Spec struct {
	// ID is the instance's id: unique, chosen by the domain, safe as a file name.
	ID string `json:"id"`
	// Runtime names the runtime, for example "spark-3.5".
	Runtime string `json:"runtime"`
	// AppName becomes spark.app.name.
	AppName string `json:"app_name"`
	// Language is the default language of statements.
	Language Language `json:"language"`
	// Args is sys.argv[1:] of Python statements.
	Args []string `json:"args,omitempty"`
	// Env is added to the environment of the instance's processes.
	Env map[string]string `json:"env,omitempty"`
	// Conf is the Spark configuration asked for, already admitted by policy.
	Conf map[string]string `json:"conf,omitempty"`
	// Jars, PyFiles and Files are local paths that exist; Jars are on the class
	// path of the driver from its start.
	Jars    []string `json:"jars,omitempty"`
	PyFiles []string `json:"py_files,omitempty"`
	Files   []string `json:"files,omitempty"`
	// Formats are table formats whose jars the runtime carries: delta, iceberg.
	Formats []string `json:"formats,omitempty"`
	// PythonModules are pip requirements installed into the session's own
	// overlay before it is ready; PipOptions are passed to pip.
	PythonModules []string `json:"python_modules,omitempty"`
	PipOptions    []string `json:"pip_options,omitempty"`
	// Cores and MemoryMB are what the session asked of its driver and workers
	// together, nominally; the driver scales them to the machine and says so in
	// the first line of the log.
	Cores    int `json:"cores,omitempty"`
	MemoryMB int `json:"memory_mb,omitempty"`
	// DriverMB is the part of MemoryMB that was asked for the driver by itself, 0 if
	// nothing was.
	DriverMB int `json:"driver_mb,omitempty"`
	// Grants is a line for the log's head: what the session was really given
	// and what was substituted for what.
	Grants string `json:"grants,omitempty"`
	// Archives are local paths that exist, each perhaps with "#name": they are
	// unpacked in the working directory of every task, under that name.
	Archives []string `json:"archives,omitempty"`
	// Batch makes the instance run one program to its end. It takes no statements:
	// it is ready as soon as the program runs, and ends with it.
	Batch *Batch `json:"batch,omitempty"`
	// Labels go to the environment and the log for people: session_id, dialect,
	// external_id. Never used for decisions.
	Labels map[string]string `json:"labels,omitempty"`
	// OutputLimit is how many bytes of output one statement may keep; the rest
	// is dropped with a visible mark. 0 means the driver's default (32 MiB).
	OutputLimit int64 `json:"output_limit,omitempty"`
}

// Batch is a program for spark-submit.
type Batch struct {
	// Main is the local path of a Python file or of a jar.
	Main string `json:"main"`
	// Class is the main class of a jar; "" leaves it to the jar's manifest.
	Class string `json:"class,omitempty"`
	// Args are passed to the program as they are.
	Args []string `json:"args,omitempty"`
	// Retries is how many more times the domain runs the program after it failed,
	// each time in an instance of its own. Drivers do not read it.
	Retries int `json:"retries,omitempty"`
}
