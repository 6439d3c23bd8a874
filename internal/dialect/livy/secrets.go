package livy

import "regexp"

// secret is what Spark 3.5 and 4 themselves redact (spark.redaction.regex), and the same in values,
// where options of the JVM hide passwords.
var secret = regexp.MustCompile(`(?i)secret|password|token|access[.]?key`)

// redacted is Spark's own word for it.
const redacted = "*********(redacted)"

// shownConf is a session's conf as a user may see it.
//
// Divergence: secrets in conf are shown to the session's owner alone; Livy shows them to everybody.
func shownConf(conf map[string]string, owner bool) map[string]string {
	shown := make(map[string]string, len(conf))
	for key, value := range conf {
		if !owner && (secret.MatchString(key) || secret.MatchString(value)) {
			value = redacted
		}
		shown[key] = value
	}
	return shown
}
