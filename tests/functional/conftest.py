from testing.fixtures import *  # noqa: F401,F403
from testing.sandboxed import *  # noqa: F401,F403
from testing.sandboxed import pytest_configure, pytest_runtest_logreport, pytest_runtest_protocol  # noqa: F401
