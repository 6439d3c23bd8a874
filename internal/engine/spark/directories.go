package spark

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// directoryKeys are the settings that name a directory which Spark itself fills and which outlives
// the session.
var directoryKeys = strings.Fields(`spark.sql.warehouse.dir spark.hadoop.hive.metastore.warehouse.dir spark.hive.metastore.warehouse.dir spark.eventLog.dir
	spark.checkpoint.dir spark.sql.streaming.checkpointLocation spark.driver.log.dfsDir spark.driver.log.localDir`)

// LocalDirectories returns the absolute paths of the directories of this machine that a
// configuration names, by key. The configuration has passed CheckConf. A relative path is missing:
// it leads into the working directory of the session.
func LocalDirectories(conf map[string]string) map[string]string {
	found := map[string]string{}
	for _, key := range directoryKeys {
		if scheme, path := splitScheme(conf[key]); (scheme == "" || scheme == "file") && filepath.IsAbs(path) {
			found[key] = path
		}
	}
	return found
}

// splitScheme returns the scheme of an address, in lower case, and the path in it; the scheme of a
// plain path is "". Hadoop ignores the host in an address of a local file.
func splitScheme(value string) (scheme, path string) {
	scheme, path, found := strings.Cut(value, ":")
	if !found || strings.Contains(scheme, "/") {
		return "", value
	}
	if rest, found := strings.CutPrefix(path, "//"); found {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	return strings.ToLower(scheme), path
}

// directory refuses an address that does not say plainly which directory it means.
func directory(value string) string {
	switch scheme, path := splitScheme(value); {
	case value != strings.TrimSpace(value) || strings.ContainsFunc(value, unicode.IsControl):
		return "it must be a path or an address without spaces around it and control characters"
	case value == "" || strings.ContainsAny(value, "%$\\") || slices.Contains(strings.Split(path, "/"), ".."):
		return "it must be a path or an address without %, $ and .."
	case scheme == "har" || strings.HasPrefix(scheme, "viewfs"):
		return "it must be the address of the directory itself"
	case scheme != "" && scheme != "file":
		return ""
	case scheme == "file" && !filepath.IsAbs(path):
		return "the address of a local directory has an absolute path"
	}
	return ""
}

// localFileSystems are the classes with which Hadoop reads the files of this machine, or files by
// other names.
var localFileSystems = strings.Fields(`
	org.apache.hadoop.fs.LocalFileSystem org.apache.hadoop.fs.RawLocalFileSystem org.apache.hadoop.fs.HarFileSystem
	org.apache.hadoop.fs.HarFs org.apache.hadoop.fs.local.LocalFs org.apache.hadoop.fs.local.RawLocalFs
	org.apache.hadoop.fs.viewfs.ViewFileSystem org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme
	org.apache.hadoop.fs.viewfs.ViewFs org.apache.hadoop.hive.ql.io.ProxyLocalFileSystem`)

// renames reports whether a key and its value make another scheme one of local files.
func renames(key, value string) bool {
	scheme, found := strings.CutPrefix(key, "spark.hadoop.fs.")
	scheme, isImpl := strings.CutSuffix(strings.TrimPrefix(scheme, "AbstractFileSystem."), ".impl")
	return found && isImpl && scheme != "file" && slices.Contains(localFileSystems, strings.TrimSpace(value))
}

// LogsEvents reports whether a configuration makes Spark keep event logs.
func LogsEvents(conf map[string]string) bool {
	return strings.EqualFold(strings.TrimSpace(conf["spark.eventLog.enabled"]), "true")
}
