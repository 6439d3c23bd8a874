"""A Livy server as its users see it: a URL."""

import importlib.util

import pytest

from rest import Livy

# This suite has an environment of its own (requirements.txt beside this file).
# In that of the suite above there is nothing of it to run.
collect_ignore_glob = [] if importlib.util.find_spec("sparkmagic") else ["test_*.py"]


@pytest.fixture(scope="module")
def livy(server):
    """Requests to the module's server without any client library."""
    return Livy(server.url)
