package spark

// Roles of the processes of an instance, as people read them.
const (
	RoleJVM    = "jvm"
	RolePython = "python"
)

// OOMText is in the log of a JVM that gave up for memory, which it does with exit code 3 by
// -XX:+ExitOnOutOfMemoryError.
const OOMText = "java.lang.OutOfMemoryError"
