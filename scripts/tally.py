"""Adds up the reports of all suites and says so in the last line.

A test that was skipped counts as failed: whoever reads "passed" must be able
to believe that everything ran.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def read(report):
    """Returns the outcomes of one JUnit report: (name, "" or what went wrong)."""
    try:
        cases = ElementTree.parse(report).iter("testcase")
    except ElementTree.ParseError as error:
        return [(report.stem, f"unreadable report: {error}")]
    outcomes = []
    for case in cases:
        name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
        bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        outcomes.append((name, bad[0] if bad else ""))
    return outcomes or [(report.stem, "ran no test")]


def lines(file):
    """Returns the lines of a file that may be missing."""
    return file.read_text().splitlines() if file.exists() else []


def main(folder):
    passed, failed = 0, []
    broken = lines(folder / "failed-suites")
    for report in sorted(folder.glob("*.xml")):
        outcomes = read(report)
        bad = [(name, how) for name, how in outcomes if how]
        print(f"{report.stem}: {len(outcomes) - len(bad)} passed, {len(bad)} failed")
        passed += len(outcomes) - len(bad)
        if report.stem in broken and not bad:
            bad = [("the suite", "ended badly, although no test says so")]
        failed += [f"{report.stem}: {name} ({how})" for name, how in bad]
    failed += [f"step: {line}" for line in lines(folder / "failed-steps")]
    if not passed and not failed:
        failed.append("no test ran")
    for line in failed:
        print(f"FAILED {line}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    print()
    sys.exit(main(pathlib.Path(sys.argv[1])))
