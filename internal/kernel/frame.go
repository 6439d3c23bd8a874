// Package kernel is the statement protocol: the frames that the supervisor of an instance exchanges
// with its two kernel processes (Python and the agent in the JVM) and, over a Unix socket, with the
// server. The embedded sources of the kernels live below it, in py and jvm.
//
// A frame is a 4-byte big-endian length and that many bytes of UTF-8 JSON, one Frame object. A
// frame is at most MaxFrame bytes; whatever is larger is cut into several by its sender (streams,
// values), shortened (errors) or refused (code).
//
// The package reads and writes frames and nothing else: it starts no process, keeps no spool and
// knows nothing of sessions.
package kernel

import (
	"encoding/json"

	"hearth/internal/engine"
)

// Version is the protocol's version. A supervisor outlives upgrades of the server, so a server
// speaks Version and Version-1.
const Version = 1

// MaxFrame is the largest frame body in bytes.
const MaxFrame = 16 << 20

// Type is the kind of a frame.
type Type string

// Frames a kernel process sends to its supervisor.
const (
	// Hello is the first frame of a process: Proto, Role, PID.
	Hello Type = "hello"
	// Phase reports progress of start-up: Text, Value (0..1 of this process's start).
	Phase Type = "phase"
	// Gateway comes from the JVM alone and is passed on to Python, never kept:
	// Port and Secret of the py4j gateway on 127.0.0.1.
	Gateway Type = "gateway"
	// Ready follows the start of the process: Info. The JVM sends it when the SparkContext is up,
	// Python when statements can use `spark`.
	Ready Type = "ready"
	// Started reports that the statement Stmt has begun to run.
	Started Type = "started"
	// Stream carries output of Stmt: Name is stdout or stderr, Text at most 64 KiB.
	Stream Type = "stream"
	// Display carries a rich value of Stmt: Data.
	Display Type = "display"
	// Part carries a piece of the rich value that the next Display, or else the Result, of Stmt
	// ends: Data with one type and at most 64 Ki characters. A longer text of a value goes ahead of
	// it in parts, so that nobody on the way holds more of it than that. Pieces of a type are
	// joined in order.
	Part Type = "part"
	// Progress carries Value (0..1) of Stmt; not kept in the spool.
	Progress Type = "progress"
	// Result ends Stmt: Status, Count, Data (the value, by MIME type) or Error. With Wait it does
	// so behind the Printed of Stmt, which may come earlier or later.
	Result Type = "result"
	// Printed follows all Streams of Stmt of a process that works for a statement of another one.
	Printed Type = "printed"
	// Fatal has the reason for which the process is about to end: Text.
	Fatal Type = "fatal"
	// Completed answers Complete by ID: Names.
	Completed Type = "completed"
	// Inspected answers Inspect by ID: Data, none if the name is not known.
	Inspected Type = "inspected"
	// Added answers AddFile by ID: Text is the error, "" if the file was added.
	Added Type = "added"
)

// Frames a supervisor sends to a kernel process.
const (
	// Execute runs Code in Lang as Stmt. Limit is the output limit in bytes.
	Execute Type = "execute"
	// Interrupt stops Stmt if and only if it is the running statement.
	Interrupt Type = "interrupt"
	// Shutdown makes the process end in an orderly way, within GraceMS.
	Shutdown Type = "shutdown"
	// Complete requests by ID the names with which Code in Lang could go on at Cursor. It is
	// answered beside the statements, and with no names if that is not safe.
	Complete Type = "complete"
	// Inspect requests by ID a description of the name at Cursor of Code in Lang.
	Inspect Type = "inspect"
	// AddFile adds by ID the file at the path Text; Name is its engine.FileKind.
	AddFile Type = "addFile"
)

// Frames between server and supervisor, beside the ones above: the server sends Attach, Execute,
// Interrupt, Complete, Inspect, AddFile, Acknowledge and Stop; the supervisor answers all but
// Acknowledge with Attached, Accepted, Completed, Inspected, Added or Refused (same ID) and sends
// Event frames. A supervisor that does not know a frame refuses it without a Name.
const (
	// Attach opens a connection: Proto, Secret, After (last Seq the server has).
	Attach Type = "attach"
	// Attached answers it: Proto, Seq (the last one in the spool).
	Attached Type = "attached"
	// Accepted answers Execute, Interrupt and Stop by ID.
	Accepted Type = "accepted"
	// Refused answers any request by ID: Text is the reason, Name its kind. Attach is refused if
	// the events after After are not kept any more.
	Refused Type = "refused"
	// Event carries one engine.Event.
	Event Type = "event"
	// Acknowledge tells that all events up to Seq are stored for good. It has no ID and no answer.
	Acknowledge Type = "acknowledge"
	// Stop ends the instance: GraceMS until SIGKILL.
	Stop Type = "stop"
)

// Frame is every message of the protocol; fields apply by Type and are absent otherwise. Unknown
// fields are ignored, unknown types are skipped, so that a newer side can talk to an older one.
type Frame struct {
	Type  Type   `json:"type"`
	ID    int64  `json:"id,omitempty"` // of a request and its answer
	Proto int    `json:"proto,omitempty"`
	Role  string `json:"role,omitempty"` // python, jvm
	PID   int    `json:"pid,omitempty"`

	Stmt  int64           `json:"stmt,omitempty"`
	Lang  engine.Language `json:"lang,omitempty"`
	Code  string          `json:"code,omitempty"`
	Limit int64           `json:"limit,omitempty"`
	// Cursor is an offset in Code, in characters.
	Cursor int      `json:"cursor,omitempty"`
	Names  []string `json:"names,omitempty"`

	Name   string                 `json:"name,omitempty"`
	Text   string                 `json:"text,omitempty"`
	Value  float64                `json:"value,omitempty"`
	Data   map[string]string      `json:"data,omitempty"`
	Status engine.Status          `json:"status,omitempty"`
	Count  int                    `json:"count,omitempty"`
	Error  *engine.StatementError `json:"error,omitempty"`
	Info   *engine.Info           `json:"info,omitempty"`
	Wait   bool                   `json:"wait,omitempty"`

	Port   int    `json:"port,omitempty"`
	Secret string `json:"secret,omitempty"`

	After   uint64        `json:"after,omitempty"`
	Seq     uint64        `json:"seq,omitempty"`
	GraceMS int64         `json:"grace_ms,omitempty"`
	Event   *engine.Event `json:"event,omitempty"`
}

// Marshal encodes the frame's body.
func (f Frame) Marshal() ([]byte, error) { return json.Marshal(f) }
