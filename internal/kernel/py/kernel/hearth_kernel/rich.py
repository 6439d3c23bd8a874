"""Rich values, which are shown by MIME type instead of by repr.

The magics %matplot, %plotly, %json and %table are Livy's and Glue's; each takes an expression, in
practice the name of a variable.
"""

from __future__ import annotations

import base64
import io
import json

from .tables import MIME as TABLE
from .tables import table
from .tracebacks import FILENAME


class UnknownMagic(Exception):
    """There is no magic of this name; Livy's interpreter has the error under this name."""


class Rich:
    """A value by MIME type, as text, or base64 for binary types."""

    def __init__(self, data: dict[str, str]):
        self.data = data

    def __repr__(self) -> str:
        return self.data.get("text/plain") or "<" + ", ".join(self.data) + ">"


def as_text(data: dict) -> dict[str, str]:
    """Convert a MIME bundle of IPython to the form in frames."""
    return {mime: _value_as_text(mime, value) for mime, value in data.items() if value is not None}


def strict_json(value) -> str:
    """Return a value as JSON that every reader accepts; raise ValueError for a NaN."""
    return json.dumps(value, allow_nan=False)


def png(figure) -> str:
    """Return a matplotlib figure as base64."""
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return base64.b64encode(image.getvalue()).decode("ascii")


class Magics:
    """The line magics that show rich values, for the names of one namespace."""

    def __init__(self, namespace: dict):
        self._namespace = namespace
        self.by_name = {
            "matplot": self.matplot,
            "plotly": self.plotly,
            "json": self.json,
            "table": self.table,
        }

    def matplot(self, line: str) -> Rich:
        """Show the current figure of matplotlib.pyplot under the given name, or a figure."""
        value = self._value("matplot", line)
        figure = value.gcf() if hasattr(value, "gcf") else value
        return Rich({"image/png": png(figure)})

    def plotly(self, line: str) -> Rich:
        # The script is embedded: a notebook may be read where there is no network.
        figure = self._value("plotly", line)
        return Rich({"text/html": figure.to_html(include_plotlyjs=True)})

    def json(self, line: str) -> Rich:
        return Rich({"application/json": strict_json(self._value("json", line))})

    def table(self, line: str) -> Rich:
        return Rich({TABLE: strict_json(table(self._value("table", line)))})

    def _value(self, magic: str, line: str):
        if not line.strip():
            raise NameError(f"%{magic} needs the name of a variable")
        return eval(compile(line.strip(), FILENAME, "eval", dont_inherit=True), self._namespace)


def _value_as_text(mime: str, value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        if mime.startswith("text/") or mime == "image/svg+xml":
            return bytes(value).decode("utf-8", "replace")
        return base64.b64encode(value).decode("ascii")
    return strict_json(value)
