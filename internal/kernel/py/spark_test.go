package py_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/kernel"
	"hearth/internal/kernel/jvm"
	"hearth/internal/kernel/py"
)

// venvVar names a Python environment with pyspark and IPython in it, on which the tests with a real
// Spark run.
const venvVar = "HEARTH_TEST_VENV"

// sparkSession starts the agent and the Python kernel and connects them as the supervisor does.
func sparkSession(t *testing.T) (python, agent *process) {
	t.Helper()
	venv := os.Getenv(venvVar)
	if venv == "" {
		t.Skipf("NOT TESTED: pyspark in the kernel needs a real Spark; set %s to a Python environment with pyspark", venvVar)
	}
	rt := sparkRuntime(t, venv)
	dir := t.TempDir()
	dirs := spark.Dirs{Work: dir, Scratch: filepath.Join(dir, "scratch"), ConfFile: filepath.Join(dir, "spark.conf")}
	given := spark.Given{Cores: 2, MemoryMB: 1024}
	if err := os.MkdirAll(filepath.Join(dirs.Scratch, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	conf := spark.Conf(engine.Spec{ID: "i1", Setup: engine.Setup{AppName: "kernel test"}}, given, dirs).Encode()
	if err := os.WriteFile(dirs.ConfFile, conf, 0o600); err != nil {
		t.Fatal(err)
	}
	argv, env := spark.JavaCommand(rt, spark.JavaOptions{Given: given, Dirs: dirs, OutFD: 3})
	env = append(env, "TMPDIR="+filepath.Join(dirs.Scratch, "tmp"), "HEARTH_SCRATCH="+filepath.Join(dir, "ipython"))
	env = spark.Environ(os.Environ(), spark.Passing{}, nil, env)
	agent = launch(t, true, dir, argv, env)
	python = launch(t, false, dir, []string{rt.Python, kernelDir(t)}, env)
	gateway, _ := agent.await(kernel.Gateway)
	python.send(gateway)
	agent.await(kernel.Ready)
	python.await(kernel.Ready)
	return python, agent
}

func sparkRuntime(t *testing.T, venv string) spark.Runtime {
	t.Helper()
	cores, _ := filepath.Glob(filepath.Join(venv, "lib", "*", "site-packages", "pyspark", "jars", "spark-core_*.jar"))
	if len(cores) != 1 {
		t.Fatalf("%s=%s: found %d spark-core jars, want one", venvVar, venv, len(cores))
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatal(err)
	}
	jars := filepath.Dir(cores[0])
	scala, version, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(cores[0]), "spark-core_"), ".jar"), "-")
	path, _ := filepath.Glob(filepath.Join(jars, "*.jar"))
	return spark.Runtime{
		Spark: version, Java: java, JavaMajor: 17, Home: filepath.Dir(jars), Python: filepath.Join(venv, "bin", "python"),
		ClassPath: append([]string{compiledAgent(t, java, scala, path)}, path...),
	}
}

// compiledAgent does what the installer of runtimes does.
func compiledAgent(t *testing.T, java, scala string, classPath []string) string {
	t.Helper()
	sources, err := jvm.Sources(scala)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	jar := filepath.Join(dir, "agent.jar")
	args := []string{"-Xss8m", "-XX:TieredStopAtLevel=1", "-cp", strings.Join(classPath, ":"), "scala.tools.nsc.Main", "-usejavacp", "-d", jar}
	for _, s := range sources {
		name := filepath.Join(dir, s.Name)
		if err := os.WriteFile(name, s.Code, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	if out, err := exec.Command(java, args...).CombinedOutput(); err != nil {
		t.Fatalf("scalac: %v\n%s", err, out)
	}
	return jar
}

func kernelDir(t *testing.T) string {
	t.Helper()
	dir, err := py.WriteTo(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestSpark runs the kernel on the real agent. Its parts share one session, as statements do.
func TestSpark(t *testing.T) {
	python, agent := sparkSession(t)
	for _, part := range []struct {
		name string
		run  func(t *testing.T, python, agent *process)
	}{
		{"the session is the agent's and the only one", oneSession},
		{"what statements define runs on executors", definitionsOnExecutors},
		{"jobs carry the statement's tag in every thread", tagsInThreads},
		{"what the JVM prints is the statement's while it runs", printedByTheJVM},
		{"an interrupt ends the action and leaves the session", interruptedActions},
		{"jobs that fail by a cancel the kernel has not heard of are cancelled", lateInterrupt},
		{"an interrupted call leaves the connections of others alone", busyConnection},
		{"a file of Python reaches executors while a statement runs", pythonFile},
		{"user code may replace the context", replacedContext},
	} {
		t.Run(part.name, func(t *testing.T) {
			python.t, agent.t = t, t
			part.run(t, python, agent)
		})
	}
}

func oneSession(t *testing.T, python, _ *process) {
	python.want("1+1", "2")
	python.want("sorted(n for n in dir() if not n.startswith('_'))", "['sc', 'spark', 'sqlContext']")
	python.want("spark.range(1000).count()", "1000")
	python.want("spark.range(3)", "DataFrame[id: bigint]")
	python.want("from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate() is spark", "True")
	python.want("from pyspark import SparkContext\nSparkContext.getOrCreate() is sc", "True")
	python.want("SparkSession.getActiveSession() is spark", "True")
	python.want("[r[0] for r in sqlContext.sql('select 7 as x').collect()]", "[7]")
	python.want("import os, sys\n[os.environ.get(n) for n in ('PYSPARK_GATEWAY_PORT', 'PYSPARK_GATEWAY_SECRET')]", "[None, None]")
	python.want("os.environ['PYSPARK_PYTHON'] == os.environ['PYSPARK_DRIVER_PYTHON'] == sys.executable", "True")
	result, output := python.run("spark.sql('select 1 as one').show()")
	if !strings.Contains(output, "|  1|") {
		t.Errorf("show() printed %q, error %+v", output, result.Error)
	}
	result, _ = python.run("spark.sql('select nothing')")
	if result.Error == nil || result.Error.Name != "AnalysisException" {
		t.Errorf("a wrong query gave %+v", result)
	}
}

func pythonFile(t *testing.T, python, _ *process) {
	path := filepath.Join(t.TempDir(), "brought_along.py")
	if err := os.WriteFile(path, []byte("def triple(n):\n    return 3 * n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stmt := python.execute("import time\nfor _ in range(6000): time.sleep(0.01)")
	python.await(kernel.Started)
	for range 2 {
		python.send(kernel.Frame{Type: kernel.AddFile, ID: 3, Name: string(engine.FilePython), Text: path})
		if added, _ := python.await(kernel.Added); added.Text != "" || added.ID != 3 {
			t.Errorf("added: %+v", added)
		}
	}
	python.send(kernel.Frame{Type: kernel.Interrupt, Stmt: stmt})
	python.await(kernel.Result)
	python.want("import brought_along\nsc.parallelize(range(3), 2).map(brought_along.triple).collect()", "[0, 3, 6]")
}

func definitionsOnExecutors(t *testing.T, python, _ *process) {
	python.run("class Point:\n    def __init__(self, x): self.x = x\n    def twice(self): return 2 * self.x\n")
	python.run("def double(n):\n    return Point(n).twice()\n")
	python.want("sc.parallelize(range(4), 2).map(double).collect()", "[0, 2, 4, 6]")
	python.want("sc.parallelize([1], 1).map(Point).collect()[0].twice()", "2")
	python.run("from pyspark.sql.functions import udf\nplus = udf(lambda n: double(n) + 1, 'long')")
	python.want("[r[0] for r in spark.range(3).select(plus('id')).collect()]", "[1, 3, 5]")
	result, _ := python.run("sc.parallelize([0], 1).map(lambda n: 1 // n).collect()")
	if result.Error == nil || !strings.Contains(result.Error.Value, "ZeroDivisionError") {
		t.Errorf("an error on an executor gave %+v", result)
	}
}

// In a thread of the user's, which has a JVM thread of its own, jobs must be known as the
// statement's too.
func tagsInThreads(_ *testing.T, python, _ *process) {
	tag := func() string { return "hearth-" + strconv.FormatInt(python.stmt+1, 10) }
	python.run("import threading\nfrom concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)")
	python.run("from multiprocessing.pool import ThreadPool\nthreads = ThreadPool(1)")
	for range 2 {
		python.want("sorted(sc.getJobTags())", "['"+tag()+"']")
		python.want("list(pool.submit(sc.getJobTags).result())", "['"+tag()+"']")
		python.want("list(threads.apply(sc.getJobTags))", "['"+tag()+"']")
		python.want("seen = []\nt = threading.Thread(target=lambda: seen.extend(sc.getJobTags()))\nt.start(); t.join()\nseen", "['"+tag()+"']")
	}
	python.run("sc.addJobTag('mine')")
	python.want("sorted(sc.getJobTags())", "['"+tag()+"', 'mine']")
	python.run("sc.removeJobTag('mine')")
}

func printedByTheJVM(t *testing.T, python, agent *process) {
	const code = `import pathlib, tempfile
room = pathlib.Path(tempfile.mkdtemp())
written = (room / "a.txt").write_text("hello\n")
spark.readStream.text(str(room)).writeStream.format("console").trigger(once=True).start().awaitTermination()
sc._jvm.System.err.println("an error")
sc._jvm.System.out.println("the end")`
	stmt := python.execute(code)
	printed := map[string]string{}
	for !strings.Contains(printed["stdout"], "the end\n") {
		f, _ := agent.await(kernel.Stream)
		if f.Stmt != stmt {
			t.Fatalf("statement %d printed %q", f.Stmt, f.Text)
		}
		printed[f.Name] += f.Text
	}
	if result, _ := python.await(kernel.Result); result.Status != engine.StatusOK {
		t.Errorf("ended as %+v", result)
	}
	if !strings.Contains(printed["stdout"], "Batch: 0") || !strings.Contains(printed["stdout"], "|hello|") || printed["stderr"] != "an error\n" {
		t.Errorf("printed %q", printed)
	}
	python.run("sc._jvm.System.out.println('of the next')")
	if f, _ := agent.await(kernel.Stream); f.Stmt != python.stmt || f.Text != "of the next\n" {
		t.Errorf("statement %d printed %q", f.Stmt, f.Text)
	}
}

func interruptedActions(t *testing.T, python, agent *process) {
	python.run("import time")
	python.run("from pyspark.sql.functions import udf\nslow = udf(lambda n: time.sleep(30) or n, 'long')")
	for _, code := range []string{
		"spark.range(2).select(slow('id')).collect()",
		"sc.parallelize(range(2), 2).map(lambda n: time.sleep(30)).count()",
		"t = threading.Thread(target=lambda: spark.range(2).select(slow('id')).collect())\nt.start(); t.join()",
	} {
		stmt := python.execute(code)
		time.Sleep(2 * time.Second)
		began := time.Now()
		for _, p := range []*process{python, agent} {
			p.send(kernel.Frame{Type: kernel.Interrupt, Stmt: stmt})
		}
		result, before := python.await(kernel.Result)
		if took := time.Since(began); result.Status != engine.StatusCancelled || took > time.Second {
			t.Errorf("%s\nended as %s after %v: %+v", code, result.Status, took, result.Error)
		}
		for _, f := range before {
			if f.Type == kernel.Stream {
				t.Errorf("%s\nprinted %s when it was interrupted", code, f.Text)
			}
		}
		python.want("spark.range(10).count()", "10")
		// The JVM thread is another one now.
		python.want("sorted(sc.getJobTags())", "['hearth-"+strconv.FormatInt(python.stmt+1, 10)+"']")
	}
	python.want("import logging\nlogging.getLogger().handlers", "[]")
}

func lateInterrupt(t *testing.T, python, agent *process) {
	stmt := python.execute("print('begun')\nspark.range(0, 10**15, 1, 2).selectExpr('sum(id % 7)').collect()")
	python.await(kernel.Stream)
	agent.send(kernel.Frame{Type: kernel.Interrupt, Stmt: stmt})
	if result, _ := python.await(kernel.Result); result.Status != engine.StatusCancelled || result.Error == nil {
		t.Errorf("ended as %s: %+v", result.Status, result.Error)
	}
	result, _ := python.run("spark.sql('select nothing')")
	if result.Status != engine.StatusError {
		t.Errorf("the error of the next statement is %s", result.Status)
	}
}

// A thread of an earlier statement is in a call and another has a connection to spare when a call
// is interrupted. py4j repeats a call whose connection was closed: what it had brought is lost.
func busyConnection(t *testing.T, python, agent *process) {
	python.run(`from concurrent.futures import ThreadPoolExecutor
sleep = sc._jvm.java.lang.Thread.sleep
one, other = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
other.submit(sleep, 0).result()
queue = sc._jvm.java.util.concurrent.LinkedBlockingQueue()
busy = one.submit(queue.poll, 60, sc._jvm.java.util.concurrent.TimeUnit.SECONDS)`)
	stmt := python.execute("print('begun')\nsleep(5000)")
	python.await(kernel.Stream)
	for _, p := range []*process{python, agent} {
		p.send(kernel.Frame{Type: kernel.Interrupt, Stmt: stmt})
	}
	if result, _ := python.await(kernel.Result); result.Status != engine.StatusCancelled {
		t.Errorf("ended as %s: %+v", result.Status, result.Error)
	}
	python.want("queue.add('first'), queue.add('second'), busy.result(), spark.range(7).count()", "(True, True, 'first', 7)")
}

// pyspark takes SIGINT for itself whenever a context is made.
func replacedContext(t *testing.T, python, agent *process) {
	python.run("spark.stop()\nspark = SparkSession.builder.getOrCreate()")
	python.want("spark.range(10).count()", "10")
	python.run("spark.range(42).createTempView('replaced')")
	agent.send(kernel.Frame{Type: kernel.Execute, Stmt: python.stmt + 1000, Lang: engine.SQL, Code: "select count(*) from replaced", Limit: 1 << 20})
	if result, _ := agent.await(kernel.Result); !strings.Contains(result.Data["application/json"], "[[42]]") {
		t.Errorf("SQL says %v, %+v", result.Data, result.Error)
	}
	stmt := python.execute("time.sleep(60)")
	time.Sleep(200 * time.Millisecond)
	python.send(kernel.Frame{Type: kernel.Interrupt, Stmt: stmt})
	if result, _ := python.await(kernel.Result); result.Status != engine.StatusCancelled {
		t.Errorf("got %+v", result)
	}
}
