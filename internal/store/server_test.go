package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	embedded "github.com/fergusstrange/embedded-postgres"
	"github.com/jackc/pgx/v5"
)

const postgresVersion = embedded.V18

// server is a PostgreSQL of our own for one run of the tests: a child of this process, on a Unix
// socket in a temporary directory, without a password.
type server struct {
	dir  string
	cmd  *exec.Cmd
	done chan error
}

// startServer fetches PostgreSQL if the cache has none, and starts it. It never runs as root,
// because PostgreSQL refuses to.
func startServer(ctx context.Context) (s *server, err error) {
	binaries, err := fetchPostgres()
	if err != nil {
		return nil, fmt.Errorf("fetch PostgreSQL: %w", err)
	}
	s = &server{done: make(chan error, 1)}
	if s.dir, err = os.MkdirTemp("", "hearth-pg"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	attributes := &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C must reach us first
	dieWithParent(attributes)
	if os.Geteuid() == 0 {
		// The cache may lie where only root may look.
		private := filepath.Join(s.dir, "postgres")
		if err := os.CopyFS(private, os.DirFS(binaries)); err != nil {
			return nil, err
		}
		binaries = private
		if attributes.Credential, err = unprivileged(s.dir); err != nil {
			return nil, err
		}
	}
	if err := s.initialise(binaries, attributes); err != nil {
		return nil, err
	}
	return s, s.start(ctx, binaries, attributes)
}

func (s *server) dsn() string { return "postgres:///postgres?user=postgres&host=" + s.dir }

func (s *server) initialise(binaries string, attributes *syscall.SysProcAttr) error {
	cmd := exec.Command(filepath.Join(binaries, "bin", "initdb"), "-D", filepath.Join(s.dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = s.dir, attributes
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *server) start(ctx context.Context, binaries string, attributes *syscall.SysProcAttr) error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(filepath.Join(binaries, "bin", "postgres"), "-D", filepath.Join(s.dir, "data"),
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+s.dir,
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "deadlock_timeout=100ms", "-c", "max_connections=200")
	s.cmd.Dir, s.cmd.SysProcAttr, s.cmd.Stdout, s.cmd.Stderr = s.dir, attributes, log, log
	started := make(chan error)
	go func() {
		// The kernel ends the server with the thread that made it, so that thread must live as long
		// as this process.
		runtime.LockOSThread()
		started <- s.cmd.Start()
		s.done <- s.cmd.Wait()
	}()
	if err := <-started; err != nil {
		s.cmd = nil
		return err
	}
	if err := s.wait(ctx); err != nil {
		out, _ := os.ReadFile(log.Name())
		return fmt.Errorf("start PostgreSQL: %w\n%s", err, out)
	}
	return nil
}

// wait returns when the server answers.
func (s *server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.dsn())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case errExit := <-s.done:
			s.cmd = nil
			return fmt.Errorf("it ended: %w", errExit)
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and removes what it wrote.
func (s *server) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
		select {
		case <-s.done:
		case <-time.After(10 * time.Second):
			_ = s.cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown, which spares no child either
			<-s.done
		}
	}
	_ = os.RemoveAll(s.dir)
}

// unprivileged gives dir to a user without rights.
func unprivileged(dir string) (*syscall.Credential, error) {
	id, group := 65534, 65534
	if u, err := user.Lookup("nobody"); err == nil {
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, err
		}
		id, group = uid, gid
	}
	return &syscall.Credential{Uid: uint32(id), Gid: uint32(group)}, os.Chown(dir, id, group)
}

// fetchPostgres returns where PostgreSQL is unpacked in the user's cache.
func fetchPostgres() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	parent := filepath.Join(cache, "hearth", "test")
	binaries := filepath.Join(parent, "postgres-"+string(postgresVersion)+"-"+runtime.GOARCH)
	if _, err := os.Stat(filepath.Join(binaries, "bin", "postgres")); err == nil {
		return binaries, nil
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(parent, "fetch")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	unpacked := filepath.Join(work, "postgres")
	if err := unpackPostgres(work, unpacked); err != nil {
		return "", err
	}
	if err := os.Rename(unpacked, binaries); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return binaries, nil
}

// unpackPostgres lets embedded-postgres download and unpack the binaries. It does so only on the
// way to starting a server, as which it could neither change the user nor end with us; a data
// directory that holds nothing but its version makes that start fail, quickly and with nothing left
// behind.
func unpackPostgres(work, to string) error {
	data := filepath.Join(work, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), nil, 0o600); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	db := embedded.NewDatabase(embedded.DefaultConfig().Version(postgresVersion).Port(port).Logger(io.Discard).
		CachePath(filepath.Join(work, "archive")).RuntimePath(filepath.Join(work, "runtime")).
		BinariesPath(to).DataPath(data))
	err = db.Start()
	if err == nil {
		return errors.Join(errors.New("a server started on an empty data directory"), db.Stop())
	}
	for _, name := range []string{"initdb", "postgres"} {
		if _, errStat := os.Stat(filepath.Join(to, "bin", name)); errStat != nil {
			return err
		}
	}
	return nil
}

// freePort finds a port for embedded-postgres, which insists on checking one.
func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
