package local_test

import (
	"context"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or directory of a disk: that of the directory below, unless an operation fails.
type node struct {
	*fs.LoopbackNode
	disk *diskServer
}

// WrapChild implements fs.NodeWrapChilder.
func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{LoopbackNode: child.(*fs.LoopbackNode), disk: n.disk}
}

func (n *node) rel(name string) string { return filepath.Join(n.Path(nil), name) }

func (n *node) below(name string) string { return filepath.Join(n.RootData.Path, n.rel(name)) }

func (n *node) Mknod(ctx context.Context, name string, mode, dev uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.disk.op("mknod", n.rel(name)); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Mknod(ctx, name, mode, dev, out)
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.disk.op("mkdir", n.rel(name)); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	if errno := n.disk.op("rmdir", n.rel(name)); errno != 0 {
		return errno
	}
	return n.LoopbackNode.Rmdir(ctx, name)
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	if errno := n.disk.op("unlink", n.rel(name)); errno != 0 {
		return errno
	}
	freed := size(n.below(name))
	errno := n.LoopbackNode.Unlink(ctx, name)
	if errno == 0 {
		n.disk.gain(n.rel(name), freed)
	}
	return errno
}

func (n *node) Rename(ctx context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	parent := to.(*node)
	if errno := n.disk.op("rename", parent.rel(newName)); errno != 0 {
		return errno
	}
	return n.LoopbackNode.Rename(ctx, name, parent, newName, flags)
}

func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.disk.op("symlink", n.rel(name)); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Symlink(ctx, target, name, out)
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.disk.op("link", n.rel(name)); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Link(ctx, target, name, out)
}

func (n *node) Setattr(ctx context.Context, f fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	kind, before := "chmod", size(n.below(""))
	to, truncates := in.GetSize()
	if truncates {
		kind = "truncate"
	}
	if errno := n.disk.op(kind, n.rel("")); errno != 0 {
		return errno
	}
	errno := n.LoopbackNode.Setattr(ctx, f, in, out)
	if truncates && errno == 0 {
		n.disk.gain(n.rel(""), before-int64(to))
	}
	return errno
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.disk.op("create", n.rel(name)); errno != 0 {
		return nil, nil, 0, errno
	}
	child, f, how, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	return child, n.file(f, n.rel(name), flags), how, errno
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f, how, errno := n.LoopbackNode.Open(ctx, flags)
	return n.file(f, n.rel(""), flags), how, errno
}

func (n *node) file(f fs.FileHandle, path string, flags uint32) fs.FileHandle {
	own, ok := f.(*fs.LoopbackFile)
	if !ok {
		return nil
	}
	return &file{LoopbackFile: own, disk: n.disk, path: path, writes: flags&syscall.O_ACCMODE != syscall.O_RDONLY}
}

// file is an open file of a disk.
type file struct {
	*fs.LoopbackFile
	disk   *diskServer
	path   string
	writes bool
}

// PassthroughFd implements fs.FilePassthroughFder: no write passes the disk by.
func (f *file) PassthroughFd() (int, bool) { return 0, false }

func (f *file) Write(ctx context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	var is fuse.AttrOut
	if errno := f.Getattr(ctx, &is); errno != 0 {
		return 0, errno
	}
	all := int64(len(data))
	n, errno := f.disk.write("write", f.path, all, min(max(int64(is.Size)-off, 0), all))
	if errno != 0 {
		return 0, errno
	}
	return f.LoopbackFile.Write(ctx, data[:n], off)
}

func (f *file) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	if errno := f.disk.op("sync", f.path); errno != 0 {
		return errno
	}
	return f.LoopbackFile.Fsync(ctx, flags)
}

func (f *file) Flush(ctx context.Context) syscall.Errno {
	if f.writes {
		if errno := f.disk.op("close", f.path); errno != 0 {
			return errno
		}
	}
	return f.LoopbackFile.Flush(ctx)
}
