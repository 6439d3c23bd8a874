package spark_test

import (
	"slices"
	"testing"

	"hearth/internal/engine/spark"
)

func TestEnviron(t *testing.T) {
	server := []string{
		"PATH=/bin", "HOME=/h", "TZ=UTC", "LC_ALL=C", "HTTPS_PROXY=p", "SSL_CERT_FILE=c", "AWS_CA_BUNDLE=b",
		"AWS_SECRET_ACCESS_KEY=s", "DATABASE_URL=secret", "SPARK_HOME=/other", "JAVA_TOOL_OPTIONS=-javaagent:x", "EXTRA=e", "ODD",
	}
	base := []string{"AWS_CA_BUNDLE=b", "HOME=/h", "HTTPS_PROXY=p", "LC_ALL=C", "PATH=/bin", "SSL_CERT_FILE=c", "TZ=UTC"}
	with := func(more ...string) []string {
		env := append(slices.Clone(base), more...)
		slices.Sort(env)
		return env
	}
	tests := []struct {
		rule    string
		passing spark.Passing
		asked   map[string]string
		own     []string
		want    []string
	}{
		{"the server's secrets stay with it", spark.Passing{}, nil, nil, base},
		{"AWS credentials pass when configured", spark.Passing{AWS: true}, nil, nil, with("AWS_SECRET_ACCESS_KEY=s")},
		{"named variables pass", spark.Passing{Names: []string{"EXTRA"}}, nil, nil, with("EXTRA=e")},
		{"a request adds its own", spark.Passing{}, map[string]string{"A": "1"}, nil, with("A=1")},
		{
			"a request cannot change how processes start",
			spark.Passing{},
			map[string]string{
				"LD_PRELOAD": "x", "JAVA_TOOL_OPTIONS": "x", "_JAVA_OPTIONS": "x", "SPARK_LOCAL_IP": "0.0.0.0", "SPARK_REMOTE": "x",
				"PYSPARK_GATEWAY_PORT": "1", "HEARTH_OUT_FD": "1", "PYTHONSTARTUP": "x", "": "x", "A=B": "x", "N\x00": "x",
			},
			nil, base,
		},
		{"the engine's own win", spark.Passing{}, map[string]string{"TMPDIR": "/asked"}, []string{"SPARK_HOME=/rt", "TMPDIR=/own"}, with("SPARK_HOME=/rt", "TMPDIR=/own")},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			if got := spark.Environ(server, test.passing, test.asked, test.own); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
