package livy

// version answers what clients decide by: pylivy 0.8.0 compares the parts of the version as text,
// so that "10" comes before "5", and Zeppelin reads the minor number. The program's own name is
// where no client looks.
func (d *api) version(*request) (reply, error) {
	versions := map[string]string{"0.7": "0.7.1-incubating", "0.8": "0.8.0-incubating"}
	version := orText(versions[d.Fields], "0.9.0-incubating")
	return ok(object{
		{"url", "https://livy.apache.org/"},
		{"branch", "hearth"},
		{"revision", d.Build},
		{"version", version},
		{"date", ""},
		{"user", "hearth"},
	})
}
