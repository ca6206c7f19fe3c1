"""Fixtures for pytest. They are there as soon as the package is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ._mock import MockAppwrite

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def mock_appwrite_profile() -> str:
    """Say which Appwrite the mock is. A project's own conftest can override it with "1.5" or "2.7"."""
    return "1.9"


@pytest.fixture(scope="session")
def _mock_appwrite(mock_appwrite_profile: str) -> Iterator[MockAppwrite]:
    with MockAppwrite(mock_appwrite_profile) as mock:
        yield mock


@pytest.fixture
def mock_appwrite(_mock_appwrite: MockAppwrite) -> MockAppwrite:
    """Give a mock that no other test has left anything in. One process serves all tests."""
    _mock_appwrite.reset()
    return _mock_appwrite
