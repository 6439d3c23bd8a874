package supervise

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
)

// LaunchVersion is the version of launch.json. Only the binary that wrote it reads it, once, so
// there is one.
const LaunchVersion = 2

// Descriptors on which a kernel process finds its frames, unless Process.Stdin says otherwise.
const (
	OutFD = 3
	InFD  = 4
)

// Launch is the configuration of a supervisor, read from launch.json. It may hold what users put
// into the environment, so the file is private and is removed when the instance ends.
type Launch struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	// SecretHash is Hash of the secret that an attaching server must show.
	SecretHash string `json:"secret_hash"`
	// Socket is where the supervisor listens.
	Socket    string    `json:"socket"`
	Processes []Process `json:"processes"`
	// Route names the role that runs a language.
	Route map[engine.Language]string `json:"route"`
	// Info is known before the kernels report more.
	Info engine.Info `json:"info"`
	// Stall is how long a start may go on without any progress.
	Stall time.Duration `json:"stall"`
	// OutputLimit is how many bytes of output one statement may keep.
	OutputLimit int64 `json:"output_limit"`
	// Hold names files on which a shared lock is held while the instance lives, so that what it
	// runs on is not removed.
	Hold []string `json:"hold,omitempty"`
	// Batch says that the instance runs one program: its clean end is a good one.
	Batch bool `json:"batch,omitempty"`
}

// Plan is all that an engine writes into the directory of an instance before it starts a supervisor
// there. It leaves the identity of the launch (Version, ID, SecretHash, Socket) to the engine.
type Plan struct {
	Launch Launch
	// Head is the beginning of the instance's log, one line each.
	Head []string
	// Dirs and Files are made below Dir.Run, private to the user, in this order.
	Dirs  []string
	Files []File
}

// File is a file that a process reads.
type File struct {
	Path string
	Data []byte
}

// Process is one kernel process of an instance. The supervisor knows of it what stands here, and
// nothing by its role.
type Process struct {
	// Role is its name in the log, in exits and in Route.
	Role string   `json:"role"`
	Argv []string `json:"argv"`
	// Env is the whole environment; the descriptors and the tag are added.
	Env []string `json:"env"`
	Dir string   `json:"dir"`
	// Before are commands that must succeed before the process is started.
	Before []Step `json:"before,omitempty"`
	// Stdin has the process read its frames from standard input instead of InFD.
	Stdin bool `json:"stdin,omitempty"`
	// InterruptFirst says that it learns of an interrupt before the others do.
	InterruptFirst bool `json:"interrupt_first,omitempty"`
	// TakesGateway says that it waits for the Gateway frame of another process.
	TakesGateway bool `json:"takes_gateway,omitempty"`
	// Takes are the kinds of files that it adds to the running session.
	Takes []engine.FileKind `json:"takes,omitempty"`
	// Dispensable says that the instance goes on without it, degraded, once it was ready.
	Dispensable bool `json:"dispensable,omitempty"`
	// Leads says that the others fail without it: of two like ends its own is the cause, and its
	// reason for a failed start counts before theirs.
	Leads bool `json:"leads,omitempty"`
	// OOMText is the text in the log by which it ran out of memory when it fails; "" if it never
	// says so.
	OOMText string `json:"oom_text,omitempty"`
}

// Step is a command that runs to its end during the start.
type Step struct {
	// Name says in a few words what it does.
	Name string   `json:"name"`
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
}

// Record is supervisor.json: how a server finds a running supervisor, written when it listens.
// Servers of other versions read it: only add to it.
type Record struct {
	Version int           `json:"version"`
	ID      string        `json:"id"`
	Self    proc.Identity `json:"self"`
	Socket  string        `json:"socket"`
	// Protocols are the versions of the statement protocol it speaks.
	Protocols []int `json:"protocols"`
	// Group is the control group of the kernels, "" if there is none.
	Group   string    `json:"group,omitempty"`
	Started time.Time `json:"started"`
}

// GroupName is the name of the control group of an instance.
func GroupName(id string) string { return "hearth-" + id }

// Dir is the directory of one instance and names the files in it.
type Dir string

// Launch returns the path of the supervisor's configuration.
func (d Dir) Launch() string { return filepath.Join(string(d), "launch.json") }

// Secret is what an attaching server must show.
func (d Dir) Secret() string { return filepath.Join(string(d), "secret") }

// Lock is held by the supervisor while it lives.
func (d Dir) Lock() string { return filepath.Join(string(d), "lock") }

// Record is written when the supervisor listens.
func (d Dir) Record() string { return filepath.Join(string(d), "supervisor.json") }

// Spool returns the path of the events of the instance.
func (d Dir) Spool() string { return filepath.Join(string(d), "spool") }

// Exit is written when nothing of the instance runs any more.
func (d Dir) Exit() string { return filepath.Join(string(d), "exit.json") }

// Log is the instance's log.
func (d Dir) Log() string { return filepath.Join(string(d), "driver.log") }

// Run holds everything that lives as long as the processes.
func (d Dir) Run() string { return filepath.Join(string(d), "run") }

// Reserve is given back when the disk is full, so that results still fit.
func (d Dir) Reserve() string { return filepath.Join(string(d), "reserve") }

// Clear removes what is of no use once the instance has ended: scratch, socket, secret and
// launch.json. Log, spool and exit stay.
func (d Dir) Clear(socket string) error {
	var errs []error
	for _, path := range []string{socket, d.Secret(), d.Launch(), d.Reserve()} {
		if err := os.Remove(path); path != "" && err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, removeAll(d.Run()))...)
}

// removeAll also removes directories that user code made unreadable.
func removeAll(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	_ = filepath.WalkDir(path, func(p string, e os.DirEntry, err error) error {
		if e != nil && e.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
	return os.RemoveAll(path)
}

// NewSecret makes a secret and its hash.
func NewSecret() (secret, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	secret = hex.EncodeToString(b)
	return secret, Hash(secret)
}

// Hash is the form in which a supervisor keeps the secret.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func secretFits(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(Hash(secret)), []byte(hash)) == 1
}

// ErrMalformed says that a file is not the JSON it should be.
var ErrMalformed = errors.New("malformed file")

// ReadJSON reads one of the JSON files of a Dir: ErrMalformed if its contents make no sense.
func ReadJSON[T any](path string) (T, error) {
	var v T
	b, err := os.ReadFile(path)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("%s: %w: %w", path, ErrMalformed, err)
	}
	return v, nil
}

// WriteJSON writes one of the JSON files of a Dir so that a reader, also one after a crash, finds
// the whole of it or nothing.
func WriteJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return WriteFile(path, append(b, '\n'))
}

// WriteFile writes a private file atomically.
func WriteFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}
