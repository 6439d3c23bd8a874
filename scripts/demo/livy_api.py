"""The demo's second client: pylivy as it comes. One session, three languages."""

import sys
import time

from livy.client import LivyClient
from livy.models import OutputStatus, SessionKind, SessionState, StatementKind, StatementState
from transcript import say, wait

CELLS = [
    (
        StatementKind.SPARK,
        """case class Trip(from: String, to: String, km: Int)
val trips = Seq(Trip("Kyiv", "Lviv", 540), Trip("Kyiv", "Odesa", 475), Trip("Lviv", "Uzhhorod", 262)).toDS
  .filter(_.km > 300)
trips.createOrReplaceTempView("trips")
trips.map(_.km).reduce(_ + _)""",
    ),
    (StatementKind.SQL, "select `from`, count(*) as trips, max(km) as longest from trips group by `from`"),
    (StatementKind.PYSPARK, """[trip.to for trip in spark.table("trips").orderBy("km").collect()]"""),
]


def main(url):
    print(f'\n>>> livy = LivyClient("{url}")')
    livy = LivyClient(url)
    print(">>> session = livy.create_session(SessionKind.SHARED)")
    began = time.monotonic()
    session = livy.create_session(SessionKind.SHARED).session_id
    starting = (SessionState.NOT_STARTED, SessionState.STARTING)
    state = wait(lambda: vars(livy.get_session(session)), "state", set(SessionState) - set(starting))["state"]
    if state != SessionState.IDLE:
        sys.exit(f"the session is {state.value}")
    say(f"{state.value} after {time.monotonic() - began:.1f} s")
    for kind, code in CELLS:
        run(livy, session, kind, code)
    print("\n>>> livy.delete_session(session)")
    livy.delete_session(session)


def run(livy, session, kind, code):
    """Runs one cell and shows it as a transcript."""
    print(f"\n>>> livy.create_statement(session, …, StatementKind.{kind.name})")
    say(code)
    number = livy.create_statement(session, code, kind).statement_id
    done = wait(lambda: vars(livy.get_statement(session, number)), "state", (StatementState.AVAILABLE,))
    output = done["output"]
    print("---")
    if output.status != OutputStatus.OK:
        sys.exit(f"{output.ename}: {output.evalue}")
    say(output.text if output.text is not None else table(output.json))


def table(answer):
    """An answer to SQL as lines: the names, then the rows."""
    names = [field["name"] for field in answer["schema"]["fields"]]
    return "\n".join(" | ".join(map(str, row)) for row in [names, *answer["data"]])


if __name__ == "__main__":
    main(sys.argv[1])
