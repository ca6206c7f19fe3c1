from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from mock_appwrite import MockAppwrite


def sign_in(endpoint: str, project: str) -> Any:
    body = json.dumps({"email": "ada@example.com", "password": "correct horse"}).encode()
    headers = {"Content-Type": "application/json", "X-Appwrite-Project": project}
    request = urllib.request.Request(f"{endpoint}/account/sessions/email", body, headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


def test_ada_signs_in(mock_appwrite: MockAppwrite) -> None:
    made = mock_appwrite.control("POST", "/users", {"email": "ada@example.com", "password": "correct horse"})
    session = sign_in(mock_appwrite.endpoint, mock_appwrite.project)
    assert session["userId"] == made["userId"]


def test_the_next_test_finds_a_mock_without_users(mock_appwrite: MockAppwrite) -> None:
    assert mock_appwrite.control("GET", "/users") == []
    assert mock_appwrite.profile == "1.9"


def test_it_is_a_context_manager() -> None:
    with MockAppwrite("2.7") as appwrite:
        assert appwrite.control("GET", "/users") == []
    assert appwrite.profile == "2.7"
    with pytest.raises(ConnectionError):
        appwrite.reset()


def test_a_control_that_is_refused_says_so(mock_appwrite: MockAppwrite) -> None:
    with pytest.raises(RuntimeError, match=r"answered 400 to POST .*no such control"):
        mock_appwrite.control("POST", "/nothing", {})


def test_a_mock_is_used_by_its_url(mock_appwrite: MockAppwrite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_APPWRITE_URL", mock_appwrite.url)
    with MockAppwrite() as same:
        assert (same.endpoint, same.gateway) == (mock_appwrite.endpoint, mock_appwrite.gateway)
    mock_appwrite.reset()
    with pytest.raises(FileNotFoundError):
        MockAppwrite(program="/no/such/program")
    with pytest.raises(ValueError, match=r"has the profile 1\.9, and the test asks for 2\.7"):
        MockAppwrite("2.7")
    for url in (mock_appwrite.url.removeprefix("http://"), "http://127.0.0.1:1"):
        monkeypatch.setenv("MOCK_APPWRITE_URL", url)
        with pytest.raises(RuntimeError, match=f"no mock at MOCK_APPWRITE_URL, which is {url} "):
            MockAppwrite()


def test_what_hinders_the_start_is_said() -> None:
    with pytest.raises(FileNotFoundError, match="/no/such/program"):
        MockAppwrite(program="/no/such/program")
    with pytest.raises(RuntimeError, match="serve --while-stdin-is-open --profile 3 ended with status 2"):
        MockAppwrite("3")
