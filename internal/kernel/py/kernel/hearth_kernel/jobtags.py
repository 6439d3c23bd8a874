"""Tags of Spark's jobs: every job knows its statement, in whichever thread it starts.

Tags are bound to threads of the JVM, and py4j uses another JVM thread for a Python thread whenever
a call was interrupted. So a statement is announced to the agent at the last moment: before the
first call that goes through a connection on behalf of it. A statement that does not use Spark costs
nothing. A thread that outlives its statement keeps its tag, which no interrupt names.
"""

from __future__ import annotations

import logging
from typing import Callable

from py4j import java_gateway, protocol
from py4j.clientserver import ClientServerConnection
from py4j.java_gateway import GatewayConnection

# Only calls and constructors can start jobs; the rest is py4j's housekeeping, which must not wait
# for anything.
_STARTS_JOBS = (protocol.CALL_COMMAND_NAME, protocol.CONSTRUCTOR_COMMAND_NAME)
_ATTRIBUTE = "hearth_statement"


class JobTags:
    """Announces statements to the agent's entry point."""

    def __init__(self, entry, statement: Callable[[], int]):
        self._entry = entry
        self._statement = statement
        self._announced = 0

    def install(self) -> None:
        """Make every connection announce the statement that it is used for."""
        for kind in (ClientServerConnection, GatewayConnection):
            self._wrap(kind)
        _keep_connections()
        _quieten()

    def was_cancelled(self, stmt: int) -> bool:
        """Return whether the agent has a cancel of the statement, which may reach the kernel after
        the errors of the jobs that it ended."""
        try:
            return stmt == self._announced and self._entry.wasInterrupted(stmt)
        except protocol.Py4JError:
            return False

    def is_announced(self, stmt: int) -> bool:
        """Return whether the agent knows of the statement."""
        return stmt == self._announced

    def end(self, stmt: int) -> bool:
        """End the statement: the agent sends what it has printed for it, and need not count its
        jobs any more. Return whether it did."""
        try:
            self._entry.endStatement(stmt)
        except Exception:
            return False  # the JVM is gone, which the supervisor notices
        return True

    def _wrap(self, kind: type) -> None:
        send = kind.send_command

        def send_command(connection, command):
            stmt = self._statement()
            if (
                stmt
                and getattr(connection, _ATTRIBUTE, 0) != stmt
                and command.startswith(_STARTS_JOBS)
                # A callback runs on the JVM thread of another caller.
                and getattr(connection, "initiated_from_client", True)
            ):
                self._announced = stmt
                send(connection, self._begin(stmt))
                setattr(connection, _ATTRIBUTE, stmt)
            return send(connection, command)

        kind.send_command = send_command

    def _begin(self, stmt: int) -> str:
        """Return the call entry.beginStatement(stmt, description) in py4j's protocol."""
        return (
            protocol.CALL_COMMAND_NAME
            + f"{self._entry._target_id}\nbeginStatement\n"
            + protocol.get_command_part(stmt)
            + protocol.get_command_part(f"statement {stmt}")
            + protocol.END_COMMAND_PART
        )


def _keep_connections() -> None:
    """Make py4j close its own end of an interrupted connection.

    After an interrupted call py4j 0.10.9.9 makes the JVM close the connection by its ports, and the
    JVM closes every connection that has one of them, which all have: as soon as the call is over,
    when the next statement is at work.
    """
    if hasattr(ClientServerConnection, "shutdown_socket"):
        ClientServerConnection.shutdown_socket = lambda connection, *ports: connection.close()


def _quieten() -> None:
    """Keep py4j from reporting interrupted calls.

    It uses logging.exception, which prints a traceback into the output of the statement and, worse,
    configures the root logger.
    """
    logger = logging.getLogger("py4j.java_gateway.calls")
    logger.addFilter(lambda record: not record.getMessage().startswith("KeyboardInterrupt"))
    java_gateway.logging = logger
