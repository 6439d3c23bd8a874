"""Values as Livy's table type, which sparkmagic and Zeppelin draw.

The rules are Livy's: a row is a sequence, a mapping or a single value; a column has the type of its
first value that is not None; mixed types are refused.
"""

from __future__ import annotations

import datetime
import decimal
import math

MIME = "application/vnd.livy.table.v1+json"


def table(value) -> dict:
    """Return the headers and rows of a value."""
    rows = value if isinstance(value, (list, tuple)) else [value]
    headers: dict = {}
    data = []
    for row in rows:
        cells = []
        data.append(cells)
        for name, cell in _cells(row):
            kind, cell = _convert(cell)
            cells.append(cell)
            header = headers.setdefault(name, {"name": str(name), "type": kind})
            if header["type"] == "NULL_TYPE":
                header["type"] = kind
            elif kind not in ("NULL_TYPE", header["type"]):
                raise ValueError("table rows have different types")
    return {"headers": [header for _, header in sorted(headers.items())], "data": data}


def _cells(row):
    if hasattr(row, "asDict"):  # pyspark.sql.Row, without importing pyspark
        row = row.asDict()
    if isinstance(row, dict):
        return sorted(row.items())
    if isinstance(row, (list, tuple)):
        return enumerate(row)
    return enumerate([row])


def _convert(value) -> tuple:
    for kind, name, convert in _TYPES:
        if type(value) is kind:
            return name, convert(value)
    if isinstance(value, (list, tuple)):
        return "ARRAY_TYPE", _same_types(value)
    if isinstance(value, dict):
        keys = _same_types(list(value.keys()))
        return "MAP_TYPE", dict(zip(keys, _same_types(list(value.values()))))
    return "STRING_TYPE", str(value)


def _same_types(values) -> list:
    converted = [_convert(value) for value in values]
    if len({kind for kind, _ in converted}) > 1:
        raise ValueError("value has inconsistent types")
    return [value for _, value in converted]


def _same(value):
    return value


def _json_float(value: float):
    """Return a number for JSON, which has no NaN and no infinity."""
    return value if math.isfinite(value) else str(value)


_TYPES = [
    (type(None), "NULL_TYPE", _same),
    (bool, "BOOLEAN_TYPE", _same),
    (int, "INT_TYPE", _same),
    (float, "DOUBLE_TYPE", _json_float),
    (str, "STRING_TYPE", _same),
    (datetime.date, "DATE_TYPE", str),
    (datetime.datetime, "TIMESTAMP_TYPE", str),
    (decimal.Decimal, "DECIMAL_TYPE", str),
]
