"""The `dbt` command of dbt-core 1.3 on Python 3.11 and newer.

Since 3.11 a dataclass refuses a default whose class has no hash; 3.10 refused lists,
dictionaries and sets alone. dbt-core 1.3 has such defaults, so its classes get the
hash of any other object before the check looks. dbt-spark-livy is not touched.
"""

import dataclasses

checked = dataclasses._get_field


def lenient(cls, name, *more):
    kind = type(getattr(cls, name, None))
    if kind.__hash__ is None and kind.__module__.startswith("dbt."):
        kind.__hash__ = object.__hash__
    return checked(cls, name, *more)


dataclasses._get_field = lenient

from dbt.main import main  # noqa: E402

if __name__ == "__main__":
    main()
