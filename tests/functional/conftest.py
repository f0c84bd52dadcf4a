"""One server with authentication for most tests (each test makes names of its own), one in test
mode, and fresh ones where a test needs to break or restart something."""

import itertools
import os

import pytest

from support import awscli, platform, terraform
from support.days import BEGIN
from support.raw import Signer
from support.server import Server, clean_environment
from support.still import NOW

LONG = os.environ.get("TIDEMILL_LONG")
own_environment = clean_environment()
os.environ.clear()
os.environ.update(own_environment)

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Shared, authenticated, without any resource of its own."""
    running = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def platform_server(tmp_path_factory):
    """Shared, with the dev platform of examples/data-platform."""
    running = Server(tmp_path_factory.mktemp("platform") / "data").start()
    platform.make_platform(running)
    yield running
    running.stop()


@pytest.fixture
def make_server(tmp_path):
    """Makes servers that end with the test: make_server("--test-mode", environment={…})."""
    made = []

    def make(*arguments, **options):
        running = Server(tmp_path / f"data{len(made)}", *arguments, **options)
        made.append(running)
        return running

    yield make
    for running in made:
        if running.is_running:
            running.kill()


@pytest.fixture
def fresh_server(make_server):
    return make_server().start()


@pytest.fixture
def test_mode_server(make_server):
    return make_server("--test-mode").start()


@pytest.fixture
def still(test_mode_server):
    """A server whose clock stands at support.still.NOW, so that no alarm is evaluated meanwhile."""
    test_mode_server.set_clock(NOW)
    return test_mode_server


@pytest.fixture
def lab(make_server, name):
    """A server in test mode whose clock is set to support.days.BEGIN, with a bucket."""
    server = make_server("--test-mode").start()
    server.set_clock(BEGIN)
    server.client("s3").create_bucket(Bucket=name)
    return server


@pytest.fixture
def cloudwatch(still):
    return still.client("cloudwatch")


@pytest.fixture
def name():
    """A name that no other test uses; good for buckets, roles, rules and jobs."""
    return f"t{next(numbers)}-{os.getpid()}"


@pytest.fixture
def bucket(server, name):
    server.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def s3(server):
    return server.client("s3")


@pytest.fixture
def events(server):
    return server.client("events")


@pytest.fixture
def bus(events, name):
    events.create_event_bus(Name=name)
    return name


@pytest.fixture
def glue(server):
    return server.client("glue")


@pytest.fixture
def signer(server):
    return Signer(server.endpoint, *server.credentials())


@pytest.fixture(scope="module", params=terraform.PROGRAMS, ids=lambda program: program.name)
def program(request):
    """Terraform, then OpenTofu: what is there of them."""
    return request.param.required()


@pytest.fixture(params=awscli.available(), ids=lambda path: path.split("/")[1])
def aws(request, platform_server):
    """The aws command of Debian, then the one from PyPI, on the platform's server."""
    return awscli.AwsCli(request.param, platform_server)


def pytest_collection_modifyitems(items):
    if LONG:
        return
    # Left out, not skipped: ./test counts what it ran.
    items[:] = [item for item in items if not item.get_closest_marker("long")]
