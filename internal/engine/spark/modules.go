package spark

// openPackages are the packages that Spark reaches into, as listed by its launcher
// (org.apache.spark.launcher.JavaModuleOptions). A driver that is started without the launcher must
// open them itself.
var openPackages = []string{
	"java.base/java.lang",
	"java.base/java.lang.invoke",
	"java.base/java.lang.reflect",
	"java.base/java.io",
	"java.base/java.net",
	"java.base/java.nio",
	"java.base/java.util",
	"java.base/java.util.concurrent",
	"java.base/java.util.concurrent.atomic",
	"java.base/jdk.internal.ref",
	"java.base/sun.nio.ch",
	"java.base/sun.nio.cs",
	"java.base/sun.security.action",
	"java.base/sun.util.calendar",
	"java.security.jgss/sun.security.krb5",
}

// moduleOptions are the options of Java 17 and later that this Spark needs.
//
// The launcher of Spark 4 also adds --add-modules=jdk.incubator.vector; it is left out because it
// makes the JVM drop its archived module graph and some Java runtimes do not carry the module;
// Spark falls back to plain loops.
func moduleOptions(version string) []string {
	var options []string
	for _, p := range openPackages {
		options = append(options, "--add-opens="+p+"=ALL-UNNAMED")
	}
	options = append(options, "-Djdk.reflect.useDirectMethodHandle=false")
	if atLeast(version, 4, 0) {
		options = append(options,
			"-Dio.netty.tryReflectionSetAccessible=true",
			"-Dio.netty.allocator.type=pooled",
			"-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
			"--enable-native-access=ALL-UNNAMED")
	}
	return options
}
