package spark

// Roles of the processes of an instance, shown to people.
const (
	RoleJVM    = "jvm"
	RolePython = "python"
)

// OOMText is in the log of a JVM that ran out of memory, which then exits with code 3 by
// -XX:+ExitOnOutOfMemoryError.
const OOMText = "java.lang.OutOfMemoryError"
