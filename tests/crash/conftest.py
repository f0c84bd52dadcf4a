import os

import pytest

from support.server import Server, clean_environment

LONG = os.environ.get("TIDEMILL_LONG")
SEED = int(os.environ.get("TIDEMILL_SEED", "20240115"))
own_environment = clean_environment()
os.environ.clear()
os.environ.update(own_environment)


@pytest.fixture
def server(tmp_path):
    """A server to be killed: each start takes the same port again, as jobs that live on expect."""
    made = Server(tmp_path / "data", "--max-running", "8").start()
    yield made
    if made.is_running:
        made.kill()


@pytest.fixture(scope="session")
def is_long():
    return bool(LONG)


@pytest.fixture(scope="session")
def seed():
    """Of what is drawn: TIDEMILL_SEED repeats a run."""
    return SEED
