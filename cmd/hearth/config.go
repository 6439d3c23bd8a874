package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"hearth/internal/store"
)

// config is everything that `hearth serve` can be told, by file or by flag; flags win. Zero values
// of limits mean the domain's defaults.
type config struct {
	Listen       string        `yaml:"listen"`
	Data         string        `yaml:"data"`
	Database     string        `yaml:"database"`
	Files        []string      `yaml:"files"`
	Hosts        []string      `yaml:"hosts"`
	Account      string        `yaml:"account"`
	Region       string        `yaml:"region"`
	KeepSessions bool          `yaml:"keep_sessions"`
	MaxSessions  int           `yaml:"max_sessions"`
	MaxInstances int           `yaml:"max_instances"`
	MaxStarts    int           `yaml:"max_starts"`
	MaxWaiting   int           `yaml:"max_waiting"`
	Retention    time.Duration `yaml:"retention"`
	// RetentionSize is how much ended sessions may keep together.
	RetentionSize bytesize      `yaml:"retention_size"`
	StopGrace     time.Duration `yaml:"stop_grace"`
	// AbandonAfter is how long sessions live without a server; nil is the default, 0 is for ever.
	AbandonAfter *time.Duration `yaml:"abandon_after"`
	// Engine is the name of the engine that runs sessions; "" is the first of the table.
	Engine string `yaml:"engine"`
	// Runtime serves requests that name no version; "" is the default runtime.
	Runtime string `yaml:"runtime"`
	// StrictVersions refuses an API version that no installed runtime means, instead of taking the
	// nearest.
	StrictVersions bool `yaml:"strict_versions"`
	// PassAWS lets sessions use the server's own AWS credentials and settings; PassEnv names
	// further variables of the server's that sessions see.
	PassAWS bool     `yaml:"pass_aws"`
	PassEnv []string `yaml:"pass_env"`
	// Dialects are the names of the APIs that answer; none named is all.
	Dialects  []string `yaml:"dialects"`
	LogFormat string   `yaml:"log_format"`
	LogLevel  string   `yaml:"log_level"`
	// Sections are all other keys: those of the dialects, by their names.
	Sections map[string]yaml.Node `yaml:",inline"`

	// file is the path of the configuration file, "" if there is none.
	file string
	// apis are the dialects that answer, with their settings.
	apis []api
}

// defaultConfig returns the configuration of a program with these dialects that is told nothing.
func defaultConfig(rows []dialectRow) config {
	return config{
		apis:   newAPIs(rows),
		Listen: "127.0.0.1:8998", Data: defaultData(), Account: "000000000000", Region: "us-east-1",
		Retention: 7 * 24 * time.Hour, RetentionSize: 10 << 30, StopGrace: 10 * time.Second, LogFormat: "text", LogLevel: "info",
	}
}

// defaultData is where programs of this system keep their state.
func defaultData() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "hearth")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "hearth-data"
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "hearth")
	}
	return filepath.Join(home, ".local", "state", "hearth")
}

// readConfig makes the configuration of a command line. The flags are read twice: once to find the
// file, once over what the file says.
func readConfig(args []string, rows []dialectRow, stderr io.Writer) (config, error) {
	first := defaultConfig(rows)
	fs, file := serveFlags(&first, io.Discard)
	if err := fs.Parse(args); err != nil {
		again, _ := serveFlags(&first, stderr)
		return config{}, errors.Join(errUsage, again.Parse(args)) // says what is wrong, or helps
	}
	if fs.NArg() > 0 {
		err := fmt.Errorf("%q is not a flag of hearth serve: %w", fs.Arg(0), errUsage)
		explain(stderr, err)
		return config{}, err
	}
	c := defaultConfig(rows)
	if *file != "" {
		if err := loadConfig(*file, &c); err != nil {
			return config{}, err
		}
		c.file = *file
	}
	fs, _ = serveFlags(&c, stderr)
	if err := fs.Parse(args); err != nil {
		return config{}, errUsage
	}
	return c, c.check()
}

func serveFlags(c *config, stderr io.Writer) (*flag.FlagSet, *string) {
	fs := flag.NewFlagSet("hearth serve", flag.ContinueOnError)
	fs.SetOutput(stderr)
	file := fs.String("config", "", "YAML `file` with these settings; flags win over it")
	fs.StringVar(&c.Listen, "listen", c.Listen, "loopback `address` to answer on")
	fs.StringVar(&c.Data, "data", c.Data, "`directory` for all state")
	fs.StringVar(&c.Database, "database", c.Database, "PostgreSQL `URL` or SQLite file (default: hearth.db in the data directory)")
	fs.Var(&list{&c.Files, false}, "files", "`directory` whose files requests may name; may be repeated (default: the current directory, unless that is /)")
	c.flags(fs)
	fs.Var(&list{&c.Hosts, false}, "host", "further host `name` by which clients call; may be repeated; .example.org admits all below")
	fs.StringVar(&c.Account, "account", c.Account, "AWS account `id` of callers")
	fs.StringVar(&c.Region, "region", c.Region, "`region` of requests that name none")
	fs.BoolVar(&c.KeepSessions, "keep-sessions", c.KeepSessions, "leave sessions running at the end, for the next start")
	fs.IntVar(&c.MaxSessions, "max-sessions", c.MaxSessions, "how many sessions a tenant (an account and region, a DLI project, all of Livy) may have alive, batches among them (default 100)")
	fs.IntVar(&c.MaxInstances, "max-instances", c.MaxInstances, "how many sessions and batches of all tenants may live at once, whatever their size (default: as many as the machine's memory holds)")
	fs.IntVar(&c.MaxStarts, "max-starts", c.MaxStarts, "how many of them may start at once; the others wait (default: one for each core)")
	fs.DurationVar(&c.Retention, "retention", c.Retention, "how long ended sessions stay readable")
	fs.TextVar(&c.RetentionSize, "retention-size", c.RetentionSize, "how much ended sessions may keep together, a `size` such as 500m or 10g; the oldest go first")
	fs.DurationVar(&c.StopGrace, "stop-grace", c.StopGrace, "how long an ending session may take before it is killed")
	fs.Func("abandon-after", "how long sessions live without a server, as after a crash; 0 is for ever (default 1h, or 0 where sessions are kept)", func(text string) error {
		d, err := time.ParseDuration(text)
		c.AbandonAfter = &d
		return err
	})
	fs.StringVar(&c.Runtime, "runtime", c.Runtime, "`name` of the runtime of sessions that name no version (default: see hearth runtime list)")
	fs.BoolVar(&c.StrictVersions, "strict-versions", c.StrictVersions, "refuse versions that no installed runtime means")
	fs.StringVar(&c.LogFormat, "log-format", c.LogFormat, "text or json")
	fs.StringVar(&c.LogLevel, "log-level", c.LogLevel, "debug, info, warn or error")
	return fs, file
}

// list is a flag that may be repeated. The first use replaces what the file says.
type list struct {
	items *[]string
	own   bool
}

func (l *list) String() string {
	if l.items == nil {
		return ""
	}
	return strings.Join(*l.items, " ")
}

func (l *list) Set(s string) error {
	if !l.own {
		*l.items, l.own = nil, true
	}
	*l.items = append(*l.items, s)
	return nil
}

// loadConfig reads a file over the defaults. Unknown keys are errors: a setting that is misspelt
// and ignored is worse than no server.
func loadConfig(path string, c *config) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if text, err = expand(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := c.load(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces ${NAME} in values by the environment's. It works on the parsed values, so that no
// value can add a key.
func expand(text []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if doc.Kind == 0 {
		return text, nil
	}
	var missing error
	expandNode(&doc, &missing)
	if missing != nil {
		return nil, missing
	}
	return yaml.Marshal(&doc)
}

func expandNode(n *yaml.Node, missing *error) {
	if n.Kind == yaml.ScalarNode && variable.MatchString(n.Value) {
		n.Value = variable.ReplaceAllStringFunc(n.Value, func(use string) string {
			name := use[2 : len(use)-1]
			value, ok := os.LookupEnv(name)
			if !ok {
				*missing = errors.Join(*missing, fmt.Errorf("line %d: the variable %s is not set", n.Line, name))
			}
			return value
		})
		if n.Style == 0 {
			n.Tag = "" // a plain ${N} may become a number
		}
	}
	for _, child := range n.Content {
		expandNode(child, missing)
	}
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func (c *config) check() error {
	switch {
	case !accountID.MatchString(c.Account):
		return fmt.Errorf("-account %q: an AWS account id has 12 digits", c.Account)
	case c.Data == "":
		return errors.New("-data must name a directory")
	case c.MaxSessions < 0 || c.MaxWaiting < 0 || c.MaxInstances < 0 || c.MaxStarts < 0:
		return errors.New("limits must not be negative")
	case c.Retention <= 0 || c.StopGrace <= 0:
		return errors.New("-retention and -stop-grace must be positive")
	case c.RetentionSize < 1<<20:
		return errors.New("-retention-size must be at least 1m")
	case c.abandonAfter() < 0:
		return errors.New("-abandon-after must not be negative; 0 is for ever")
	case c.LogFormat != "text" && c.LogFormat != "json":
		return fmt.Errorf("-log-format %q: it is text or json", c.LogFormat)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("-log-level: %w", err)
	}
	if err := c.checkDialects(); err != nil {
		return err
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	c.Data = data
	c.Database = cmp.Or(c.Database, filepath.Join(data, "hearth.db"))
	if strings.ContainsAny(data, ",:;*[]{}\\\n\r") {
		return fmt.Errorf("-data %q: its path must have none of , : ; * [ ] { } \\ and no line break, because Spark, Java, Python and Derby read lists and patterns there", data)
	}
	if wd, err := os.Getwd(); len(c.Files) == 0 && err == nil && wd != "/" { // of a service it is the whole machine
		c.Files = []string{"."}
	}
	return nil
}

// closed returns the paths of which no request may name anything, wherever they lie: state and
// secrets of the server.
func (c *config) closed() []string {
	all := []string{c.Data}
	if c.file != "" {
		all = append(all, c.file)
	}
	if database, found := store.File(c.Database); found {
		if real, err := filepath.EvalSymlinks(database); err == nil {
			database = real // beside which SQLite keeps its other files
		}
		for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".lock", ".reserve"} {
			all = append(all, database+suffix)
		}
	}
	return all
}

// abandonAfter returns how long sessions live without a server; 0 is for ever.
func (c *config) abandonAfter() time.Duration {
	switch {
	case c.AbandonAfter != nil:
		return *c.AbandonAfter
	case c.KeepSessions:
		return 0
	}
	return time.Hour
}

func (c *config) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // check has refused it
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
