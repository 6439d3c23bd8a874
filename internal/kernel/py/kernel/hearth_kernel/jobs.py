"""Jobs: functions that a program sends instead of code that a person types.

A job is a pickled function of one argument, the context below. Its return value is sent back as a
pickle. cloudpickle pickles functions by value; modules that they import are searched for here.
"""

from __future__ import annotations

import base64
import collections
import pickle
import tempfile
import threading

# The language of jobs and the type of their results, as in package engine.
LANGUAGE = "python-job"
MIME = "application/vnd.hearth.python-pickle"

# The number of shared objects that are kept; the least recently used goes first.
_MOST_SHARED = 100


class JobExit(Exception):
    """A job called for the end of its process, which is not its own."""

    __module__ = "builtins"  # tracebacks show the bare name


class JobContext:
    """The argument of jobs, one for all jobs of a session.

    The names are those of the context that Livy 0.9 passes to jobs of its Python API
    (python-api/src/main/python/livy/job_context.py and its server's fake_shell.py).
    """

    def __init__(self, session: dict[str, object]):
        # The names made by connect() of spark.py; empty without Spark.
        self.sc = session.get("sc")
        self.sql_ctx = self.sqlContext = session.get("sqlContext")
        # Since Spark 2 a HiveContext is nothing but an SQLContext.
        self.hive_ctx = self.sql_ctx
        self.spark_session = session.get("spark")
        self.shared_variables: collections.OrderedDict = collections.OrderedDict()
        self._streaming = None
        self._lock = threading.RLock()

    @property
    def local_tmp_dir_path(self) -> str:
        """The session's own directory for temporary files."""
        return tempfile.gettempdir()

    @property
    def streaming_ctx(self):
        if self._streaming is None:
            raise ValueError("create_streaming_ctx function should be called first")
        return self._streaming

    def create_streaming_ctx(self, batch_duration) -> None:
        from pyspark.streaming import StreamingContext

        with self._lock:
            if self._streaming is not None:
                raise ValueError("Streaming context already exists")
            self._streaming = StreamingContext(self.sc, batch_duration)

    def stop_streaming_ctx(self) -> None:
        """Stop the streams; the session goes on."""
        with self._lock:
            streaming, self._streaming = self.streaming_ctx, None
            streaming.stop(stopSparkContext=False)

    def get_shared_object(self, name):
        with self._lock:
            if name not in self.shared_variables:
                return None
            self.shared_variables.move_to_end(name)
            return self.shared_variables[name]

    def set_shared_object(self, name, object) -> None:
        with self._lock:
            self.shared_variables[name] = object
            self.shared_variables.move_to_end(name)
            while len(self.shared_variables) > _MOST_SHARED:
                self.shared_variables.popitem(last=False)

    def remove_shared_object(self, name) -> None:
        with self._lock:
            self.shared_variables.pop(name, None)


class Jobs:
    """Calls jobs."""

    def __init__(self):
        self.context = JobContext({})

    def run(self, payload: str) -> dict[str, str]:
        """Return the value that the job returns. Its exceptions are raised."""
        function = pickle.loads(base64.b64decode(payload))
        try:
            value = function(self.context)
        except SystemExit as leaving:
            raise JobExit(f"a job cannot end its session: exit code {leaving.code!r}") from leaving
        return {MIME: base64.b64encode(_dumps(value)).decode("ascii")}


def _dumps(value) -> bytes:
    """Pickle with the protocol of the client's own pickler, so that it can read the value."""
    try:
        from cloudpickle import dumps
    except ImportError:
        from pickle import dumps
    return dumps(value)
