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

// LaunchVersion is the version of launch.json. Only the binary that wrote it reads it, so there is
// one.
const LaunchVersion = 2

// Descriptors of a kernel process for its frames, unless Process.Stdin is set.
const (
	OutFD = 3
	InFD  = 4
)

// Launch is the configuration of a supervisor, read from launch.json. It may hold values of users'
// environment variables, so the file is private and is removed when the instance ends.
type Launch struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	// SecretHash is the Hash of the secret that an attaching server must send.
	SecretHash string `json:"secret_hash"`
	// Socket is the path of the Unix socket on which the supervisor listens.
	Socket    string    `json:"socket"`
	Processes []Process `json:"processes"`
	// Route maps a language to the role of the process that runs it.
	Route map[engine.Language]string `json:"route"`
	// Info is the part of the instance's info that is known before the kernels report theirs.
	Info engine.Info `json:"info"`
	// Stall is the longest time that a start may go on without progress.
	Stall time.Duration `json:"stall"`
	// OutputLimit is the most output of one statement that is kept, in bytes.
	OutputLimit int64 `json:"output_limit"`
	// AbandonAfter is how long the instance lives without a server that is attached; 0 is for ever.
	AbandonAfter time.Duration `json:"abandon_after,omitempty"`
	// Hold names files on which a shared lock is held while the instance lives, so that its runtime
	// is not removed.
	Hold []string `json:"hold,omitempty"`
	// Batch marks an instance that runs one program: its clean end is a good one.
	Batch bool `json:"batch,omitempty"`
}

// Plan is everything that an engine writes into the directory of an instance before it starts a
// supervisor there. The engine sets the identity of the launch: Version, ID, SecretHash, Socket.
type Plan struct {
	Launch Launch
	// Head has the first lines of the instance's log.
	Head []string
	// Dirs, then Files, are made private to the user: below Dir.Run, or beside it if they are to be
	// kept until the instance is purged.
	Dirs  []string
	Files []File
}

// File is a file that a process of the instance reads.
type File struct {
	Path string
	Data []byte
}

// Process is one kernel process of an instance. Its fields are all that the supervisor knows of it:
// nothing follows from its role.
type Process struct {
	// Role is the name of the process in the log, in exits and in Route.
	Role string   `json:"role"`
	Argv []string `json:"argv"`
	// Env is the whole environment; the supervisor adds descriptors and tag.
	Env []string `json:"env"`
	Dir string   `json:"dir"`
	// Before are commands that must succeed before the process is started.
	Before []Step `json:"before,omitempty"`
	// Stdin makes the process read its frames from standard input instead of InFD.
	Stdin bool `json:"stdin,omitempty"`
	// InterruptFirst makes the supervisor send it an interrupt before it sends it to others.
	InterruptFirst bool `json:"interrupt_first,omitempty"`
	// TakesGateway makes the supervisor send it the Gateway frame of another process.
	TakesGateway bool `json:"takes_gateway,omitempty"`
	// Takes are the kinds of files that it adds to the running session.
	Takes []engine.FileKind `json:"takes,omitempty"`
	// Dispensable keeps a ready instance alive, degraded, after the end of the process.
	Dispensable bool `json:"dispensable,omitempty"`
	// Leads marks the process without which the others fail: of two like ends its own is the cause,
	// and its reason for a failed start counts before theirs.
	Leads bool `json:"leads,omitempty"`
	// OOMText is the text in the log of a process that fails for lack of memory, "" if it writes
	// none.
	OOMText string `json:"oom_text,omitempty"`
}

// Step is a command that runs to its end during the start.
type Step struct {
	// Name describes the step in a few words.
	Name string   `json:"name"`
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
}

// Record is supervisor.json, the address of a running supervisor, written when it listens. Servers
// of other versions read it: only add to it.
type Record struct {
	Version int           `json:"version"`
	ID      string        `json:"id"`
	Self    proc.Identity `json:"self"`
	Socket  string        `json:"socket"`
	// Protocols are the versions of the statement protocol that the supervisor speaks.
	Protocols []int `json:"protocols"`
	// Group is the control group of the kernels, "" if there is none.
	Group   string    `json:"group,omitempty"`
	Started time.Time `json:"started"`
}

// GroupName returns the name of the control group of an instance.
func GroupName(id string) string { return "hearth-" + id }

// Dir is the directory of one instance.
type Dir string

// Launch returns the path of the supervisor's configuration.
func (d Dir) Launch() string { return filepath.Join(string(d), "launch.json") }

// Secret returns the path of the secret that an attaching server must send.
func (d Dir) Secret() string { return filepath.Join(string(d), "secret") }

// Lock returns the path of the file that the supervisor locks while it lives.
func (d Dir) Lock() string { return filepath.Join(string(d), "lock") }

// Record returns the path of the Record, which is written when the supervisor listens.
func (d Dir) Record() string { return filepath.Join(string(d), "supervisor.json") }

// Spool returns the path of the events of the instance.
func (d Dir) Spool() string { return filepath.Join(string(d), "spool") }

// Exit returns the path of the engine.Exit, which is written when no process of the instance runs
// any more.
func (d Dir) Exit() string { return filepath.Join(string(d), "exit.json") }

// Log returns the path of the instance's log.
func (d Dir) Log() string { return filepath.Join(string(d), "driver.log") }

// Run returns the path of the directory that lives as long as the processes.
func (d Dir) Run() string { return filepath.Join(string(d), "run") }

// Reserve returns the path of a file that is removed when the disk is full, so that results still
// fit.
func (d Dir) Reserve() string { return filepath.Join(string(d), "reserve") }

// Clear removes the files that an ended instance does not need: scratch, socket, secret and
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

// Remove removes the directory with all that is in it.
func (d Dir) Remove() error { return removeAll(string(d)) }

// removeAll removes a tree, and also directories that user code made unreadable.
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

// NewSecret returns a new secret and its hash.
func NewSecret() (secret, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	secret = hex.EncodeToString(b)
	return secret, Hash(secret)
}

// Hash returns the form of a secret in launch.json.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func secretFits(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(Hash(secret)), []byte(hash)) == 1
}

// ErrMalformed means that a file does not hold the JSON that it should.
var ErrMalformed = errors.New("malformed file")

// ReadJSON reads one of the JSON files of a Dir. ErrMalformed if it cannot be decoded.
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
// all of it or nothing.
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
