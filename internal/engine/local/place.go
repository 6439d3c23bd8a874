package local

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
)

// place is the location of an instance, on disk and in its handle.
type place struct {
	id  string
	dir supervise.Dir
	// stored is the record in the handle, zero if there is none. It counts where the directory has
	// lost its own: then nothing else leads to the processes.
	stored supervise.Record
}

// place returns the place of an instance. ErrInvalid for an id that cannot be one.
func (d *Driver) place(k engine.Known) (place, error) {
	if !safe(k.ID) {
		return place{}, engine.Invalidf("%q cannot be the id of an instance", k.ID)
	}
	at := place{id: k.ID, dir: supervise.Dir(filepath.Join(d.root, k.ID))}
	stored, err := decodeHandle(k.Handle)
	switch {
	case err != nil:
		d.log.Warn("the handle of an instance cannot be read, its directory is used alone", "instance_id", k.ID, "error", err)
	case stored.ID == k.ID:
		at.stored = stored
	}
	return at, nil
}

// safe reports whether the id can name a file, a control group and a tag. It uses no regular
// expression, because every supervisor would compile it at its start.
func safe(id string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return id != "" && len(id) <= 128 && strings.Contains(letters, id[:1]) && strings.Trim(id, letters+"._-") == ""
}

// handleVersion is the version of handles. Rows outlive builds: later versions only add fields.
const handleVersion = 1

// handle is the record of an instance that the domain stores.
type handle struct {
	Version int              `json:"version"`
	Record  supervise.Record `json:"record"`
}

func encodeHandle(r supervise.Record) engine.Handle {
	b, err := json.Marshal(handle{Version: handleVersion, Record: r})
	if err != nil {
		return nil // a Record has nothing that cannot be encoded
	}
	return b
}

// decodeHandle returns the record in a handle, zero for a nil handle.
func decodeHandle(h engine.Handle) (supervise.Record, error) {
	if len(h) == 0 {
		return supervise.Record{}, nil
	}
	var v handle
	err := json.Unmarshal(h, &v)
	return v.Record, err
}
