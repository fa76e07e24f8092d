"""The databases that the tests of engines share."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.engines.databases import SETUPS, Database
from tests.engines.postgresql import MISSING, postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Return how to connect to a PostgreSQL of these tests; skip the test if there is none."""
    with postgresql() as connect_to:
        if connect_to is None:
            pytest.skip(MISSING)
        yield connect_to


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Database]]:
    """Return a function that starts a database by the name of its set-up."""
    with contextlib.ExitStack() as stack:

        def started(name: str) -> Database:
            setup = SETUPS[name]
            of_server = setup.database.dialect == "postgresql"
            server = [request.getfixturevalue("postgresql_server")] if of_server else []
            return stack.enter_context(contextlib.closing(setup.start(*server)))

        yield started
