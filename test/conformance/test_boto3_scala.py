"""boto3: sessions whose statements are Scala, as the Glue Spark kernel asks for them."""

import pytest

import steps


@pytest.fixture(scope="module")
def scala(glue):
    session_id = steps.create(glue, DefaultArguments={"--session-language": "scala"})
    steps.wait_ready(glue, session_id)
    return session_id


CELLS = {
    "a value": ("1+1", "res\\d+: Int = 2"),
    "a print before a value": ('println("hi"); val x = 5', "hi\nx: Int = 5|hi\nval x: Int = 5"),
    "an else on the next line": ('if (x > 3)\n  "big"\nelse\n  "small"', "res\\d+: String = big"),
    "a method on the next line": ("List(1, 2, 3)\n  .map(_ * x)\n  .sum", "res\\d+: Int = 30"),
    "a companion object": (
        "case class P(a: Int)\nobject P { def of(n: Int) = P(n) }\nP.of(3)",
        "(?s).*res\\d+: P = P\\(3\\)",
    ),
    "a comment as the last line": ("x + 1 // one more", "res\\d+: Int = 6"),
    "nothing but a comment": ("// nothing", ""),
    "user code on executors": ("spark.range(3).map(_ + x).collect().sum", "res\\d+: Long = 18"),
    "an RDD of a class of a cell": (
        "sc.parallelize(Seq(P(1))).map(p => P(p.a + 1)).collect.toList",
        "res\\d+: List\\[P\\] = List\\(P\\(2\\)\\)",
    ),
    "a class of a cell as a key on executors": (
        "val b = sc.broadcast(Map(P(1) -> 7L)); sc.parallelize(Seq(P(1))).map(b.value.getOrElse(_, 0L)).collect().sum",
        "(?s).*res\\d+: Long = 7",
    ),
    "a case class and the Dataset of it": (
        "case class Q(b: Int); val qs = Seq(Q(1), Q(2)).toDS\nqs.map(_.b).collect().sum",
        "(?s).*res\\d+: Int = 3",
    ),
    "a class that needs what is defined below it": (
        "class R { def c = base + 1 }\nval base = 3\nnew R().c",
        "(?s).*res\\d+: Int = 4",
    ),
    "a closure beside a value that is no closure's": (
        "val n = 10\nval out = new java.io.StringWriter\nSeq(1, 2).toDS.map(_ + n).collect.toList",
        "(?s).*res\\d+: List\\[Int\\] = List\\(11, 12\\)",
    ),
    "a companion object after a value": (
        "case class Temp(c: Double)\nval boiling = 212.0\n"
        "object Temp { def of(f: Double): Temp = Temp((f - 32) / 1.8) }\nTemp.of(50)",
        "(?s).*res\\d+: Temp = Temp\\(10.0\\)",
    ),
    "a class of a cell on executors": ("Seq(P(1), P(2)).toDS.map(_.a).collect().sum", "(?s).*res\\d+: Int = 3"),
}


@pytest.mark.parametrize("code, wanted", CELLS.values(), ids=CELLS.keys())
def test_a_cell_is_run_whole(glue, scala, code, wanted):
    import re

    steps.run(glue, scala, "val x = 5\ncase class P(a: Int)\nobject P { def of(n: Int) = P(n) }")
    output = steps.run(glue, scala, code)["Output"]
    assert output["Status"] == "ok", output
    assert re.fullmatch(wanted, output["Data"]["TextPlain"]), output


def test_a_compile_error_says_line_and_column(glue, scala):
    output = steps.run(glue, scala, "val fine = 1\nval bad: Int = missing")["Output"]
    assert output["Status"] == "error"
    assert "2:16" in output["ErrorValue"] and "not found: value missing" in output["ErrorValue"], output


def test_nothing_of_a_cell_runs_that_does_not_compile(glue, scala):
    output = steps.run(glue, scala, "case class S(d: Int)\nprintln(S(1))\nclass T\nmissing")["Output"]
    assert output["Status"] == "error"
    assert "4:1" in output["ErrorValue"] and "not found: value missing" in output["ErrorValue"], output
    assert not output.get("Data", {}).get("TextPlain"), output


def test_what_ran_before_an_exception_is_shown_beside_it_and_stays(glue, scala):
    output = steps.run(glue, scala, 'case class S(d: Int)\nval s = S(1)\nsys.error("boom")')["Output"]
    assert output["Status"] == "error" and output["ErrorValue"] == "boom", output
    assert output["Data"]["TextPlain"].splitlines()[0].endswith("class S"), output
    assert "s: S = S(1)" in output["Data"]["TextPlain"], output
    assert "= 1" in steps.run(glue, scala, "s.d")["Output"]["Data"]["TextPlain"]


def test_what_was_printed_before_an_exception_stays(glue, scala):
    output = steps.run(glue, scala, 'println("one"); throw new IllegalStateException("boom")')["Output"]
    assert output["ErrorName"] == "java.lang.IllegalStateException"
    assert output["ErrorValue"] == "boom"
    assert output["Data"]["TextPlain"] == "one"


@pytest.mark.parametrize(
    "body",
    ["Thread.sleep(3600000L)", "spark.range(1000000000000L).map(_ + 1).filter(_ % 2 == 0).count()"],
    ids=["a sleep", "a Spark job"],
)
def test_a_cancel_stops_it_and_the_session_goes_on(glue, scala, tmp_path, body):
    started = tmp_path / "started"
    number = steps.submit(glue, scala, f'new java.io.File("{started}").createNewFile()\n{body}')
    steps.wait_file(started)
    glue.cancel_statement(SessionId=scala, Id=number)
    assert steps.finish(glue, scala, number, deadline=60)["State"] == "CANCELLED"
    assert steps.text(glue, scala, "spark.range(4).count()").endswith(": Long = 4")
