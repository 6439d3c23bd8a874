"""dbt-spark-livy 1.3.1, unmodified: a project of a seed, a view and a table. Every
command is a session of kind sql that ends with it. The tests build on each other."""

import json
import urllib.request


def listed(server):
    with urllib.request.urlopen(server.url + "/sessions") as answer:
        return json.load(answer)


def test_the_connection_is_found_good(dbt):
    assert "All checks passed!" in dbt.succeed("debug")


def test_seed_models_and_tests_are_built(dbt):
    told = dbt.succeed("build")
    assert "PASS=5 WARN=0 ERROR=0 SKIP=0 TOTAL=5" in told
    assert dbt.days() == ["day=2026-03-01", "day=2026-03-02"]


def test_a_second_build_replaces_the_first_and_says_what_is_wrong(dbt):
    code, told = dbt.run("build", "--vars", "{far: 400, strict: true}", "--exclude", "resource_type:seed")
    assert code == 1, told
    assert dbt.days() == ["day=2026-03-01"]
    assert "PASS=3 WARN=0 ERROR=2 SKIP=0 TOTAL=5" in told
    assert "no_such_column" in told  # Spark's reason, for the model
    assert "Failure in test days_are_counted" in told


def test_no_session_is_left_behind(dbt, server):
    assert listed(server)["sessions"] == []
