"""boto3: statements, their output, their order, their end."""

import re
import time

import botocore.exceptions
import pytest

import steps


def output(glue, session, code):
    done = steps.run(glue, session, code)
    assert done["State"] == "AVAILABLE", done
    return done["Output"]


# What a cell shows: the text that Livy's shell, and therefore Glue, would show.
SHOWN = {
    "a value": ("1+1", "2"),
    "a text's value has quotes": ("'hello'", "'hello'"),
    "printed text has none": ("print('hello world')", "hello world"),
    "printed, then a value": ("print('a')\n'b'", "a\n'b'"),
    "nothing": ("x = 1", ""),
    "None": ("None", ""),
    "only the last value": ("1\n2\n3", "3"),
    "unicode": ("print('grün 日本 🔥')", "grün 日本 🔥"),
    "both streams in order": (
        "import sys\nprint('1')\nprint('2', file=sys.stderr)\nprint('3')\nprint('4', file=sys.stderr)",
        "1\n2\n3\n4",
    ),
    "inner lines and spaces stay": ("print('  a\\n\\n  b')", "  a\n\n  b"),
    "a function over many lines": ("def f(x):\n\n    return x * 2\n\nf(21)", "42"),
    "an if with else": ("if False:\n    1\nelse:\n    print('else')", "else"),
    "a comment first": ("# a remark\n1", "1"),
    "nothing but a comment": ("# a remark", ""),
    "a JSON line stays as it is": ("import json\nprint(json.dumps({'b': 1, 'a': [1.0]}))", '{"b": 1, "a": [1.0]}'),
    "two JSON lines stay two": ("print('{}')\nprint('{\"rowcount\": 0}')", '{}\n{"rowcount": 0}'),
}


@pytest.mark.parametrize("code, shown", SHOWN.values(), ids=SHOWN.keys())
def test_a_statement_shows(glue, session, code, shown):
    found = output(glue, session, code)
    assert found["Status"] == "ok"
    assert found["Data"] == {"TextPlain": shown}


def test_a_finished_statement_has_every_member(glue, session):
    done = steps.run(glue, session, "40 + 2")
    assert done["Code"] == "40 + 2"
    assert done["Progress"] == 1.0
    assert done["StartedOn"] <= done["CompletedOn"]
    # Milliseconds since 1970, and not seconds: between 2020 and 2100.
    assert 1_577_000_000_000 < done["StartedOn"] < 4_102_000_000_000
    assert done["Output"]["ExecutionCount"] >= 0


def test_names_stay_from_one_statement_to_the_next(glue, session):
    steps.text(glue, session, "kept = [1]\nimport math")
    assert steps.text(glue, session, "kept.append(2); kept, math.floor(2.5)") == "([1, 2], 2)"


ERRORS = {
    "an exception": ("raise ValueError('no good')", "ValueError", "no good"),
    "an exception without words": ("raise KeyError", "KeyError", ""),
    "a name": ("undefined_name", "NameError", "name 'undefined_name' is not defined"),
    "a syntax error": ("1 +", "SyntaxError", None),
    "an own class": ("class Own(Exception): pass\nraise Own('mine')", "Own", "mine"),
    "an assertion": ("assert 1 == 2, 'sums'", "AssertionError", "sums"),
    "a table that is not there": ("spark.sql('select * from no_such_table')", "AnalysisException", None),
}


@pytest.mark.parametrize("code, name, value", ERRORS.values(), ids=ERRORS.keys())
def test_an_error_of_the_code_has_name_value_and_traceback(glue, session, code, name, value):
    found = output(glue, session, code)
    assert found["Status"] == "error"
    assert found["ErrorName"] == name
    assert value is None or found["ErrorValue"] == value
    assert isinstance(found["Traceback"], list) and all(isinstance(line, str) for line in found["Traceback"])
    assert found["Traceback"], "a traceback is shown line by line"


def test_an_error_of_spark_keeps_its_class_in_the_value(glue, session):
    found = output(glue, session, "spark.sql('select * from no_such_table')")
    assert "TABLE_OR_VIEW_NOT_FOUND" in found["ErrorValue"]


def test_a_traceback_shows_the_users_lines_and_not_ours(glue, session):
    found = output(glue, session, "def inner():\n    raise ValueError(1)\n\ndef outer():\n    inner()\n\nouter()")
    traceback = "".join(found["Traceback"])
    assert 'File "<stdin>", line 5, in outer' in traceback
    assert 'File "<stdin>", line 2, in inner' in traceback
    assert "hearth" not in traceback


def test_text_printed_before_an_error_does_not_leak_into_the_next_statement(glue, session):
    output(glue, session, "print('one')\nraise ValueError(1)")
    assert output(glue, session, "2")["Data"] == {"TextPlain": "2"}


def test_a_system_exit_in_code_is_an_end_that_is_told(glue):
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)
    done = steps.run(glue, session_id, "import os\nos._exit(3)")
    assert done["State"] in ("ERROR", "CANCELLED")
    assert "Output" in done
    found = steps.poll(lambda: glue.get_session(Id=session_id)["Session"], lambda s: s["Status"] != "READY", "FAILED")
    steps.wait_status(glue, session_id, "FAILED")
    assert glue.get_session(Id=session_id)["Session"]["ErrorMessage"], found
    with pytest.raises(glue.exceptions.InvalidInputException):
        glue.run_statement(SessionId=session_id, Code="1")
    glue.delete_session(Id=session_id)


def test_statements_run_one_at_a_time_in_the_order_they_came(glue, session):
    steps.text(glue, session, "order = []")
    numbers = [steps.submit(glue, session, f"order.append({i})\nimport time\ntime.sleep(0.05)") for i in range(10)]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    assert steps.text(glue, session, "order") == str(list(range(10)))


def test_the_session_stays_ready_while_a_statement_runs(glue, session, tmp_path):
    started, leave = tmp_path / "started", tmp_path / "leave"
    number = steps.submit(glue, session, waiting(started, leave))
    queued = steps.submit(glue, session, "'after'")
    steps.wait_file(started)
    assert steps.status(glue, session) == "READY"
    assert steps.statement(glue, session, number)["State"] == "RUNNING"
    assert steps.statement(glue, session, queued)["State"] == "WAITING"
    leave.touch()
    assert steps.finish(glue, session, number)["State"] == "AVAILABLE"
    assert steps.finish(glue, session, queued)["Output"]["Data"]["TextPlain"] == "'after'"


def test_output_can_be_read_while_the_code_runs(glue, session, tmp_path):
    started, leave = tmp_path / "started", tmp_path / "leave"
    number = steps.submit(glue, session, "print('first line')\n" + waiting(started, leave) + "print('last line')")
    seen = steps.poll(
        lambda: steps.statement(glue, session, number),
        lambda s: "first line" in s.get("Output", {}).get("Data", {}).get("TextPlain", ""),
        "the first line of a running statement",
    )
    assert seen["State"] == "RUNNING"
    leave.touch()
    assert steps.finish(glue, session, number)["Output"]["Data"]["TextPlain"] == "first line\nlast line"


def waiting(started, leave):
    """Code that says that it runs, and goes on until it is told to."""
    return (
        f"import os, time\nopen({str(started)!r}, 'w').close()\n"
        f"while not os.path.exists({str(leave)!r}):\n    time.sleep(0.02)\n"
    )


def test_lists_of_statements_are_in_order_and_complete(glue):
    session_id = steps.create(glue)
    steps.wait_ready(glue, session_id)
    numbers = [steps.submit(glue, session_id, f"{i} * {i}") for i in range(12)]
    steps.finish(glue, session_id, numbers[-1])
    found, token = [], {}
    while True:
        page = glue.list_statements(SessionId=session_id, **token)
        found += page["Statements"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [s["Id"] for s in found] == numbers
    assert [s["Output"]["Data"]["TextPlain"] for s in found] == [str(i * i) for i in range(12)]
    glue.delete_session(Id=session_id)


def test_code_may_be_68000_characters_long_and_no_longer(glue, unchecked, session):
    assert output(glue, session, "'" + "x" * 67_998 + "'")["Status"] == "ok"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        unchecked.run_statement(SessionId=session, Code="'" + "x" * 67_999 + "'")
    assert caught.value.response["Error"]["Code"] in ("InvalidInputException", "ValidationException")


def test_a_megabyte_of_output_arrives_whole(glue, session):
    found = output(glue, session, "for i in range(20000): print(f'{i:049d}')")
    lines = found["Data"]["TextPlain"].splitlines()
    assert lines == [f"{i:049d}" for i in range(20000)]


def test_endless_output_is_cut_with_a_visible_mark_and_harms_nothing(glue, session):
    found = output(glue, session, "for i in range(400): print(('x' * 99 + '\\n') * 999 + 'x' * 99)")
    shown = found["Data"]["TextPlain"]
    assert found["Status"] == "ok"
    assert 32 << 20 < len(shown) < 33 << 20
    assert "output truncated after" in shown[-100:], shown[-300:]
    assert output(glue, session, "1")["Data"] == {"TextPlain": "1"}


def test_an_unknown_statement_is_not_found(glue, session):
    for call in (glue.get_statement, glue.cancel_statement):
        for number in (999_999, 0, -1, 2**31 - 1):
            with pytest.raises(glue.exceptions.EntityNotFoundException):
                call(SessionId=session, Id=number)


def test_user_arguments_and_the_session_id_are_in_sys_argv(glue):
    session_id = steps.create(glue, DefaultArguments={"--my_key": "my value", "--enable-glue-datacatalog": "true"})
    steps.wait_ready(glue, session_id)
    shown = steps.text(glue, session_id, "import sys\nprint(sys.argv[1:])")
    assert f"'--SESSION_ID', '{session_id}'" in shown
    assert "'--my_key', 'my value'" in shown
    glue.delete_session(Id=session_id)


def test_spark_conf_of_the_request_is_in_force(glue):
    conf = "spark.sql.shuffle.partitions=7 --conf spark.my.own=a=b --conf spark.sql.session.timeZone=UTC"
    session_id = steps.create(glue, DefaultArguments={"--conf": conf})
    steps.wait_ready(glue, session_id)
    code = "[spark.conf.get(k) for k in ('spark.sql.shuffle.partitions', 'spark.my.own', 'spark.sql.session.timeZone')]"
    assert steps.text(glue, session_id, code) == "['7', 'a=b', 'UTC']"
    glue.delete_session(Id=session_id)


def test_conf_that_would_open_the_machine_is_refused_or_left_out(glue):
    conf = "spark.driver.extraJavaOptions=-javaagent:/tmp/evil.jar"
    try:
        session_id = steps.create(glue, DefaultArguments={"--conf": conf})
    except glue.exceptions.InvalidInputException:
        return
    steps.wait_ready(glue, session_id)
    assert "javaagent" not in steps.text(glue, session_id, "spark.conf.get('spark.driver.extraJavaOptions', '')")
    glue.delete_session(Id=session_id)


def test_the_applications_name_is_the_sessions_id(glue, session):
    assert steps.text(glue, session, "print(spark.sparkContext.appName)") == session
    assert re.fullmatch(r"\(True, True\)", steps.text(glue, session, "sc is spark.sparkContext, sqlContext is not None"))


def test_execution_time_and_dpu_seconds_grow_and_agree(glue, session):
    first = glue.get_session(Id=session)["Session"]
    second = steps.poll(
        lambda: glue.get_session(Id=session)["Session"],
        lambda s: s["ExecutionTime"] > first["ExecutionTime"],
        "a growing execution time",
    )
    assert second["DPUSeconds"] == pytest.approx(second["ExecutionTime"] * second["MaxCapacity"])
    assert second["CreatedOn"].timestamp() < time.time()
