package livy

import (
	"path"
	"strconv"
	"strings"

	"hearth/internal/engine"
)

// fileLists collects the files that a request names, in its own fields and in its conf.
type fileLists struct {
	jars, pyFiles, files, archives *[]string
}

func newFileLists(own record) fileLists {
	// Copies: what is shown again must not grow.
	list := func(items []string) *[]string {
		copied := append([]string(nil), items...)
		return &copied
	}
	return fileLists{jars: list(own.Jars), pyFiles: list(own.PyFiles), files: list(own.Files), archives: list(own.Archives)}
}

// of is the list that a key of the conf adds to, nil if it names no files.
func (l fileLists) of(key string) *[]string {
	switch key {
	case "spark.jars", "spark.yarn.dist.jars":
		return l.jars
	case "spark.submit.pyFiles", "spark.yarn.dist.pyFiles":
		return l.pyFiles
	case "spark.files", "spark.yarn.dist.files":
		return l.files
	case "spark.archives", "spark.yarn.dist.archives":
		return l.archives
	}
	return nil
}

// add puts the names into the spec. An archive may be "env.zip#env": it is unpacked under the name
// after the mark.
func (l fileLists) add(spec *engine.Spec) error {
	for _, one := range []struct{ from, to *[]string }{
		{l.jars, &spec.Launch.Jars}, {l.pyFiles, &spec.Setup.PyFiles}, {l.files, &spec.Setup.Files}, {l.archives, &spec.Launch.Archives},
	} {
		for _, name := range *one.from {
			file := name
			if one.from == l.archives {
				var alias string
				var aliased bool
				if file, alias, aliased = strings.Cut(name, "#"); aliased && !plainName(alias) {
					return refused("%s is not a name to unpack an archive under", strconv.Quote(alias))
				}
			}
			if err := checkFile(file); err != nil {
				return err
			}
			*one.to = append(*one.to, name)
		}
	}
	return nil
}

// checkFile refuses a name without a scheme that is not absolute, as Livy does, where such a name
// is one of fs.defaultFS; here it is a local path.
func checkFile(name string) error {
	if !strings.Contains(name, ":") && !path.IsAbs(name) {
		return refused("requirement failed: Path %s must be absolute", strconv.Quote(name))
	}
	return nil
}

// maxFileName is how long the names of files may be, in bytes.
const maxFileName = 255

// plainName reports whether a name stays in the folder that it is used in.
func plainName(name string) bool {
	return name != "" && len(name) <= maxFileName && name != "." && name != ".." && !strings.ContainsAny(name, `/\,#`) && printable(name)
}

// commaList takes a comma-separated list apart, without empty items.
func commaList(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
