package glue

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hearth/internal/auth"
	"hearth/internal/awsapi/glueapi"
	"hearth/internal/engine"
)

// asCaller is a context in which the test's caller calls.
func asCaller(t *testing.T) context.Context {
	return auth.With(t.Context(), auth.User(account, region, "AKIDTEST"))
}

func wireType(kind types.WorkerType) glueapi.WorkerType { return glueapi.WorkerType(kind) }

func TestArguments_Known_ReachTheEngine(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		got := r.spec("the id", arguments(
			"--conf", "spark.a=1 --conf spark.b=x y --conf hive.c=2",
			"--extra-jars", "a.jar, /b.jar,",
			"--extra-py-files", "c.zip",
			"--extra-files", "d.txt",
			"--additional-python-modules", "pandas>=2,<3,uvicorn[a,b]==1,lib/x.whl",
			"--python-modules-installer-option", "--upgrade --index-url https://index.example/simple",
			"--datalake-formats", "iceberg,delta,Iceberg",
			"--enable-glue-datacatalog", "true",
			"--my_arg", "my value", "--empty", "", "noarg", "x",
			"--SESSION_ID", "forged",
		))
		want := engine.Spec{
			Launch: engine.Launch{
				Runtime: "spark-3.5", Jars: []string{"/files/a.jar", "/files/b.jar"}, Formats: []string{"iceberg", "delta"},
				Cores: 20, MemoryMB: 5 * 16 * 1024,
			},
			Setup: engine.Setup{
				AppName: "the id", Language: engine.Python,
				Args:    []string{"--SESSION_ID", "the id", "--empty", "", "--my_arg", "my value"},
				Env:     map[string]string{"AWS_REGION": region, "AWS_DEFAULT_REGION": region},
				Conf:    map[string]string{"spark.a": "1", "spark.b": "x y"},
				PyFiles: []string{"/files/c.zip"}, Files: []string{"/files/d.txt"},
				PythonModules: []string{"pandas>=2,<3", "uvicorn[a,b]==1"}, ModuleFiles: []string{"/files/lib/x.whl"},
				PipOptions: []string{"--upgrade", "--index-url", "https://index.example/simple"},
			},
			Notes: []string{"Glue 5.1 is served by spark-3.5", "ignored properties that do not begin with spark.: hive.c"},
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(engine.Spec{}, "ID", "Labels")); diff != "" {
			t.Errorf("spec (-want +got):\n%s", diff)
		}
	})
}

// Every key that facts about clients name is known: a key that is not becomes an entry of sys.argv,
// where user code may stumble over it.
func TestArguments_OfRealClients_AreKnown(t *testing.T) {
	known := knownArguments()
	for _, key := range []string{
		"--enable-glue-datacatalog", "--glue_kernel_version", "--session-language", "--language", "--conf", "--datalake-formats",
		"--extra-py-files", "--extra-jars", "--extra-files", "--additional-python-modules", "--python-modules-installer-option",
		"--python-virtual-env", "--enable-spark-ui", "--enable-spark-live-ui", "--spark-event-logs-path", "--spark-logs-s3-uri",
		"--enable-auto-scaling", "--connection-names", "--enable-lakeformation-fine-grained-access",
	} {
		if _, ok := known[key]; !ok {
			t.Errorf("%s is not known", key)
		}
	}
}

func settingsList(kv ...string) []setting {
	var all []setting
	for pair := range slices.Chunk(kv, 2) {
		all = append(all, setting{pair[0], pair[1]})
	}
	return all
}

func TestParseConf_AsClientsWriteIt_FindsEverySetting(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []setting
	}{
		"empty":                    {"", nil},
		"one":                      {"spark.a=1", settingsList("spark.a", "1")},
		"two":                      {"spark.a=1 --conf spark.b=2", settingsList("spark.a", "1", "spark.b", "2")},
		"a leading --conf":         {"--conf spark.a=1 --conf spark.b=2", settingsList("spark.a", "1", "spark.b", "2")},
		"--conf twice in a row":    {"--conf --conf spark.a=1", settingsList("spark.a", "1")},
		"--conf= form":             {"--conf=spark.a=1 --conf=spark.b=2", settingsList("spark.a", "1", "spark.b", "2")},
		"lines of a YAML block":    {"spark.a=1\n--conf spark.b=2\n  spark.c=3\n", settingsList("spark.a", "1", "spark.b", "2", "spark.c", "3")},
		"commas":                   {"spark.a=1,spark.b=2 , spark.c=3", settingsList("spark.a", "1", "spark.b", "2", "spark.c", "3")},
		"a comma in a value":       {"spark.sql.extensions=a.B,c.D --conf spark.e=1", settingsList("spark.sql.extensions", "a.B,c.D", "spark.e", "1")},
		"spaces in a value":        {"spark.driver.extraJavaOptions=-Da=b -Dc=d --conf spark.e=1", settingsList("spark.driver.extraJavaOptions", "-Da=b -Dc=d", "spark.e", "1")},
		"equals in a value":        {"spark.a=b=c=", settingsList("spark.a", "b=c=")},
		"an empty value":           {"spark.a= --conf spark.b=1", settingsList("spark.a", "", "spark.b", "1")},
		"a quoted setting":         {`"spark.a=x y" --conf 'spark.b=1'`, settingsList("spark.a", "x y", "spark.b", "1")},
		"a quoted value":           {`spark.a="x --conf y, spark.z=1" --conf spark.b=1`, settingsList("spark.a", "x --conf y, spark.z=1", "spark.b", "1")},
		"quotes inside a value":    {`spark.a={"k": "v"} --conf spark.b=it's`, settingsList("spark.a", `{"k": "v"}`, "spark.b", "it's")},
		"quotes that do not end":   {`spark.a="x --conf spark.b=1`, settingsList("spark.a", `"x`, "spark.b", "1")},
		"a word that begins alike": {"spark.a=--configure --conf spark.b=1", settingsList("spark.a", "--configure", "spark.b", "1")},
		"a repeated key":           {"spark.a=1 --conf spark.a=2", settingsList("spark.a", "1", "spark.a", "2")},
		"spaces around equals":     {"spark.a = 1", settingsList("spark.a", "1")},
		"quoted after a comma":     {`spark.a=1,"spark.b=2"`, settingsList("spark.a", "1", "spark.b", "2")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseConf(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(setting{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseConf(f *testing.F) {
	for _, seed := range []string{"", "--conf a=b", `spark.a="x" --conf 'spark.b=y'`, "spark.a=1,spark.b=2\nspark.c=3", "--conf", `"`, "=", "spark.a='"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseConf(text)
		if err != nil {
			return
		}
		for _, one := range all {
			if !confKey.MatchString(one.key) || !strings.Contains(text, one.key) {
				t.Errorf("key %q of %q", one.key, text)
			}
			// What is written plainly is read back as it was.
			if strings.ContainsAny(one.value, "\n,\"'") || strings.Contains(one.value, "--conf") || strings.TrimSpace(one.value) != one.value {
				continue
			}
			again, err := parseConf("--conf " + one.key + "=" + one.value)
			if err != nil || len(again) != 1 || again[0] != one {
				t.Errorf("%+v is read back as %+v, %v", one, again, err)
			}
		}
	})
}
