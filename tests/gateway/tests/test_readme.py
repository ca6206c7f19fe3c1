"""What README.md says is what the code does."""

from __future__ import annotations

import re
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
    named = set(re.findall(r"GATEWAY_[A-Z_]+", README))
    assert len(named) > 5
    assert named <= known
