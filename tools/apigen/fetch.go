package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// The pinned package. To move on: change both, run make gen, review the diff.
const (
	botocoreVersion = "1.44.5"
	botocoreSHA256  = "8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921"
)

// fetchModel returns the named model out of the pinned package.
func fetchModel(name string) ([]byte, error) {
	wheel, err := fetchWheel()
	if err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return nil, err
	}
	data, err := readPacked(archive, "botocore/data/"+name+".gz")
	return data, errors.Join(err, archive.Close())
}

func readPacked(archive fs.FS, name string) ([]byte, error) {
	packed, err := fs.ReadFile(archive, name)
	if err != nil {
		return nil, err
	}
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

// fetchWheel returns the path of the package in the cache, downloading it the first time.
func fetchWheel() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "hearth", "apigen")
	wheel := filepath.Join(dir, "botocore-"+botocoreVersion+"-py3-none-any.whl")
	if checkSum(wheel) == nil {
		return wheel, nil
	}
	if err := os.RemoveAll(wheel); err != nil {
		return "", err
	}
	pip := exec.Command("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
		"--dest", dir, "botocore=="+botocoreVersion)
	pip.Stdout, pip.Stderr = os.Stderr, os.Stderr
	if err := pip.Run(); err != nil {
		return "", fmt.Errorf("pip download: %w", err)
	}
	return wheel, checkSum(wheel)
}

func checkSum(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != botocoreSHA256 {
		return fmt.Errorf("%s has SHA-256 %s, want %s", filepath.Base(path), sum, botocoreSHA256)
	}
	return nil
}
