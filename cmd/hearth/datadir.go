package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Files of the server in its data directory.
const (
	lockFile    = "server.lock"
	addressFile = "server.json"
	tokenFile   = "admin.token"
)

// address is what a running server leaves in its data directory, for `hearth session` and for
// people.
type address struct {
	URL     string    `json:"url"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
}

// dataDir is a data directory that this process alone serves.
type dataDir struct {
	path string
	lock *os.File
}

// openData makes the directory, for its owner only, and locks it. The lock is the kernel's: it ends
// with the process, however that ends. No child inherits it, because Go opens files close-on-exec.
func openData(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		return nil, inUse(path)
	}
	return &dataDir{path: path, lock: f}, nil
}

func inUse(path string) error {
	who := "another hearth server"
	if a, err := readAddress(path); err == nil {
		who = fmt.Sprintf("another hearth server (process %d, %s)", a.PID, a.URL)
	}
	return fmt.Errorf("%s uses the data directory %s: stop it, or choose another directory with -data", who, path)
}

// owner says in one line who serves the directory.
func (d *dataDir) owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	path, err := filepath.Abs(d.path)
	if err != nil {
		path = d.path
	}
	return fmt.Sprintf("process %d on %s, data directory %s", os.Getpid(), host, path)
}

// announce writes the server's address and the token of its admin interface.
func (d *dataDir) announce(url string) (token string, err error) {
	token = rand.Text()
	if err := writePrivate(filepath.Join(d.path, tokenFile), []byte(token+"\n")); err != nil {
		return "", err
	}
	text, err := json.Marshal(address{URL: url, PID: os.Getpid(), Version: buildVersion(), Started: time.Now().UTC()})
	if err != nil {
		return "", err
	}
	return token, writePrivate(filepath.Join(d.path, addressFile), append(text, '\n'))
}

// close takes the announcement back and unlocks the directory.
func (d *dataDir) close() error {
	return errors.Join(
		remove(filepath.Join(d.path, addressFile)), remove(filepath.Join(d.path, tokenFile)), d.lock.Close())
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// writePrivate replaces a file by one that only its owner may read.
func writePrivate(path string, text []byte) error {
	if err := remove(path); err != nil {
		return err // a file with wider permissions would keep them
	}
	return os.WriteFile(path, text, 0o600)
}

func readAddress(data string) (address, error) {
	var a address
	text, err := os.ReadFile(filepath.Join(data, addressFile))
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

func readToken(data string) (string, error) {
	text, err := os.ReadFile(filepath.Join(data, tokenFile))
	return strings.TrimSpace(string(text)), err
}
