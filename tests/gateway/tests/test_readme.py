"""What README.md says is what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from appwrite_session_gateway import Settings
from appwrite_session_gateway.problem import TYPES
from appwrite_session_gateway.verdict import Outcome, Policy

HERE = Path(__file__).resolve().parents[1]
README = (HERE / "README.md").read_text()


def test_every_problem_is_in_the_contract_with_its_status() -> None:
    contract = README.partition("## The contract")[2].partition("### Behind another proxy")[0]
    rows = re.findall(r"^\| (\d{3}) \| ([^|]*) \|", contract, re.MULTILINE)
    table = {type_: int(status) for status, cell in rows for type_ in re.findall(r"`([a-z_]+)`", cell)}
    prose = {type_: int(status) for type_, status in re.findall(r"`([a-z_]+)`\s\((\d{3})\)", contract)}
    assert table | prose == {type_: status for type_, (status, _) in TYPES.items()}


def test_every_refusal_of_appwrite_has_a_type() -> None:
    assert {outcome.value for outcome in Outcome} - {"alive"} <= set(TYPES)


def test_the_core_spares_its_probe_only_for_types_that_there_are() -> None:
    source = (HERE.parents[1] / "core" / "src" / "gateway" / "problem.rs").read_text()
    (spared,), (tokens,) = (
        re.findall(rf"{name}: \[&str; \d\] = \[([^;]*)\];", source) for name in ("UNDECIDED", "TOKEN_REFUSED")
    )
    assert set(re.findall(r'"([a-z_]+)"', spared)) == {"session_missing", "auth_unavailable"}
    assert set(re.findall(r'"([a-z_]+)"', tokens)) == {"token_expired", "token_invalid"}
    assert {"session_missing", "auth_unavailable", "token_expired", "token_invalid"} <= set(TYPES)


def test_the_times_are_the_defaults() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", README, re.MULTILINE))
    for name in ("ttl", "local_ttl", "negative_ttl", "grace"):
        assert float(rows[name]) == getattr(Policy(), name)
    assert float(rows["timeout"]) == Settings.appwrite_timeout


def test_every_setting_that_is_named_is_there() -> None:
    known = {f"GATEWAY_{field.name.upper()}" for field in fields(Settings)}
    named = set(re.findall(r"\bGATEWAY_[A-Z_]+", README))
    assert len(named) > 5
    assert named <= known


APP = """
from typing import Annotated

from appwrite_session_gateway import SessionAuth, User
from fastapi import Depends, FastAPI

auth = SessionAuth(endpoint="http://127.0.0.1:9/v1", project="my-project", cache="redis://127.0.0.1:9/0")
app = FastAPI(lifespan=auth.lifespan)


@app.get("/refunds")
async def refunds(user: Annotated[User, Depends(auth.require(label="staff"))]) -> str:
    return user.id
"""


def test_the_chapter_on_testing_works_as_it_is_written(tmp_path: Path) -> None:
    chapter = README.partition("## Testing your app")[2].partition("\n## ")[0]
    files = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", chapter, re.DOTALL))
    assert set(files) == {"conftest.py", "test_refunds.py"}
    for name, text in {**files, "my_app.py": APP}.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--rootdir", str(tmp_path), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout
