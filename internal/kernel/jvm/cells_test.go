package jvm_test

import (
	"strings"
	"testing"

	"hearth/internal/engine"
)

// cell is a Scala cell and what its text ends with, or its error says.
type cell struct{ code, want, fails string }

// testClosures runs closures beside values that cannot be serialized. Each statement is an object
// of its own, and a closure takes along those that it uses.
func testClosures(t *testing.T, s *session) {
	runCells(t, s, []cell{
		{code: "val n = 10\nval out = new java.io.StringWriter\nSeq(1, 2).toDS.map(_ + n).collect.toList", want: "= List(11, 12)"},
		{code: "Seq(1, 2).toDS.map(_ + n).collect.toList", want: "= List(11, 12)"},
		{code: "sc.parallelize(Seq(1, 2)).map(_ + n).collect.toList", want: "= List(11, 12)"},
		{code: "Seq(1).toDS.map(_ + n + out.toString.length).collect", fails: "Task not serializable"},
		{code: "val n = 20\nval out = new Object\nSeq(1).toDS.map(_ + n).collect.toList", want: "= List(21)"},
		{code: "val lock = new Object; val one = 1; Seq(1).toDS.map(_ + one).collect.toList", want: "= List(2)"},
		{code: "var level = 1\nval lock = new Object\nlevel += 1\nSeq(1).toDS.map(_ + level).collect.toList", want: "= List(3)"},
		{code: "lazy val late = 4\nval lock = new Object\nSeq(1).toDS.map(_ + late).collect.toList", want: "= List(5)"},
		{code: "val (a, b) = (1, 2)\nval (c, lock) = (3, new Object)\nSeq(1).toDS.map(_ + a + b).collect.toList", want: "= List(4)"},
		{code: "val k = 3\nval to = new java.io.StringWriter\ndef plus(i: Int) = i + k\ndef log(s: String) = to.write(s)\nlog(\"x\")\n" +
			"Seq(1).toDS.map(plus).collect.toList", want: "= List(4)"},
		{code: "Seq(1).toDS.map(plus).collect.toList", want: "= List(4)"},
		{code: "val f = 3\nval socket = new java.net.Socket\nval times = udf((i: Int) => i * f)\nspark.range(2).select(times(col(\"id\").cast(\"int\"))).as[Int].collect.toList", want: "= List(0, 3)"},
		{code: "val g = 4\nval lock = new Object\nspark.udf.register(\"plus_g\", (i: Int) => i + g)\nspark.sql(\"select plus_g(1)\").as[Int].collect.toList", want: "= List(5)"},
		{code: "val h = 3\nval by = (i: Int) => i + h\nval lock = new Object\nsc.parallelize(Seq(1)).map(by).collect.toList", want: "= List(4)"},
		{code: "val by2 = (i: Int) => i + h\nval lock = 2\nSeq(1).toDS.map(i => by2(i) + lock).collect.toList", want: "= List(6)"},
		{code: "val column = col(\"id\")\nval most = 1\nspark.range(5).filter(_ > most).count", want: "= 3"},
		{code: "class Adder(k: Int) extends Serializable { def add(i: Int) = i + k }\nval adder = new Adder(5)\nval lock = new Object\n" +
			"Seq(1, 2).toDS.map(adder.add).collect.toList", want: "= List(6, 7)"},
		{code: "case class Person(name: String, age: Int)\nval thread = new Thread\nval people = Seq(Person(\"a\", 1), Person(\"b\", 2)).toDS\n" +
			"object Person { val adult = 2 }\npeople.filter(_.age >= Person.adult).map(_.name).collect.toList", want: "= List(b)"},
		{code: "people.map(p => p.copy(age = p.age + 1)).collect.toList", want: "= List(Person(a,2), Person(b,3))"},
	})
}

// testCompanions runs cells in whose middle stand values.
func testCompanions(t *testing.T, s *session) {
	runCells(t, s, []cell{
		{code: "case class Temp(c: Double)\nval boiling = 212.0\nobject Temp { def of(f: Double): Temp = Temp((f - 32) / 1.8) }\nTemp.of(50)", want: ": Temp = Temp(10.0)"},
		{code: "object Late { def of(n: Int) = new Late(n) }\nval unit = 1\nclass Late private (val n: Int)\nLate.of(3).n", want: "= 3"},
		{code: "sealed trait Shape\nval edge = 2.0\ncase class Square(a: Double) extends Shape\nval lock = new Object\ncase object Point extends Shape\n" +
			"def area(s: Shape) = s match { case Square(a) => a * edge; case Point => 0.0 }\narea(Square(3))", want: "= 6.0"},
		{code: "object Outer { sealed trait In; case object One extends In; case class Two(n: Int) extends In }\nimport Outer._\nval two: In = Two(2)\n" +
			"two match { case One => 1; case Two(n) => n }", want: "= 2"},
		{code: "case class Boxed[T](t: T)\nval lock = new Object\nobject Boxed { implicit def order[T: Ordering]: Ordering[Boxed[T]] = Ordering.by(_.t) }\n" +
			"List(Boxed(2), Boxed(1)).sorted", want: "= List(Boxed(1), Boxed(2))"},
		{code: "case class Uses(c: Int)\nval first = Uses(3).c\nobject Uses { val twice = first * 2 }\nUses.twice", want: "= 6"},
		{code: "/** Documented. */\nclass Doc(val n: Int)\nval between = 3 // and\n/** so is\n  * this */\nobject Doc { def make = new Doc(between) }\nDoc.make.n", want: "= 3"},
		{code: "class Cents(val n: Int) extends AnyVal { def twice = n * 2 }\nval cents = new Cents(4)\ncents.twice", want: "= 8"},
	})
}

// testWholes runs cells that mean the same as in a file, although their statements are apart.
func testWholes(t *testing.T, s *session) {
	runCells(t, s, []cell{
		{code: "class R { def c = base + 1 }\nval base = 3\nnew R().c", want: "= 4"},
		{code: "def even(n: Int): Boolean = n == 0 || odd(n - 1)\nval start = 4\ndef odd(n: Int): Boolean = n != 0 && even(n - 1)\neven(start)", want: "= true"},
		{code: "lazy val l1 = l2 + 1\nlazy val l2 = { println(\"made\"); 1 }\nl1", want: "= 2"},
		{code: "val cube = 3.cubed\nimplicit class Cubes(n: Int) { def cubed = n * n * n }\ncube", want: "= 27"},
		{code: "import scala.collection.mutable\nval words = mutable.Buffer(\"a\")\nimport mutable.{Map => Dictionary}\nval found = Dictionary(1 -> 2)\nfound(1) + words.size", want: "= 3"},
		{code: "if (cube > 30) {\n  \"big\"\n}\nelse\n  \"small\"\n// the end", want: "= small"},
		{code: "val sum = List(1, 2, 3)\n  .map(_ + 1)\n  .sum /* of\nall */\n@deprecated(\"x\", \"1\")\ndef old = 7\nsum + old", want: "= 16"},
		{code: "class Below\n{\n  def z = 1\n}\nval below = new Below\ndef curried(a: Int)\n           (b: Int) = a + b\ncurried(below.z)(2)", want: "= 3"},
		{code: "def f(a: Int) = \"int\"\nval between = 1\ndef f(a: String) = \"string\"\nf(\"x\") + f(between)", want: "= stringint"},
		{code: "private val secret = 4\nval use = secret + 1\nuse", want: "= 5"},
		{code: "var x = 1\nx = 2\nx += 1\nx", want: "= 3"},
		{code: "val rec: Stream[Int] = 1 #:: rec.map(_ + 1)\nval List(h1, h2) = rec.take(2).toList\nh2", want: "= 2"},
		{code: "val self = this.getClass.getName.nonEmpty\nself", want: "= true"},
		{code: "val shown = 1; shown + 1\n2 + 2", want: "= 4"},
		{code: "1 + 1\nval before = 5\nprintln(before)", want: "before: Int = 5"},
		{code: "val fine = 1\nval bad: Int = missing", fails: "2:16: error: not found: value missing"},
		{code: "fine", fails: "not found: value fine"},
		{code: "val text = \"a\nval other = 1", fails: "1:12: error: unclosed string literal"},
		{code: "val ran = 1\nval ran2 = ran + 1\nthrow new IllegalStateException(\"boom\")\nval never = 3", fails: "java.lang.IllegalStateException: boom"},
		{code: "ran2", want: "= 2"},
		{code: "never", fails: "not found: value never"},
		{code: "val none = 0\nval each = 1 / none\nval behind = 3", fails: "/ by zero"},
		{code: "none", want: "= 0"},
	})
}

func runCells(t *testing.T, s *session, cells []cell) {
	t.Helper()
	for _, c := range cells {
		got, _ := s.run(t, engine.Scala, c.code)
		if c.fails == "" {
			if text := got.Data["text/plain"]; got.Status != engine.StatusOK || !strings.HasSuffix(text, c.want) {
				t.Errorf("%s\nis %s %q %+v", c.code, got.Status, text, got.Error)
			}
			continue
		}
		if got.Status != engine.StatusError || got.Error == nil || !strings.Contains(got.Error.Name+": "+got.Error.Value+strings.Join(got.Error.Traceback, ""), c.fails) {
			t.Errorf("%s\nis %s %q %+v", c.code, got.Status, got.Data, got.Error)
		}
	}
}
