"""Stands in for pip: records every command line there is, and builds as pip does."""

import os

__version__ = os.environ.get("STUB_PIP", "23.2.1")
