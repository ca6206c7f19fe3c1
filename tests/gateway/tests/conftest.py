"""The world of the tests: one mock Appwrite, Redis, microservice and gateway for all, and devices for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support.agent import Agent
from support.gateway import Gateway
from support.mock import Mock
from support.process import ROOT, Process, built, free_port
from support.redis import RedisServer
from support.relay import Relay

WORKERS = 2


@dataclass
class World:
    """Everything there is. Appwrite, as the gateway and the devices see it, is behind ``line``."""

    mock: Mock
    line: Relay
    redis: RedisServer
    service: str
    gateway: Gateway
    http: httpx.Client

    def headers(self, credential: str) -> dict[str, str]:
        return {"Cookie": f"a_session_{self.mock.project}={credential}"}

    def get(self, credential: str, path: str = "/whoami") -> httpx.Response:
        return self.http.get(path, headers=self.headers(credential))


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """Start the microservice; gives its URL."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "support.service:app",
        "--port",
        str(port),
        "--app-dir",
        str(Path(__file__).parent),
    ]
    process = Process([*command, "--log-level", "info"])
    process.wait_for(lambda lines: True if any("running on" in line for line in lines) else None)
    yield f"http://127.0.0.1:{port}"
    process.kill()


@pytest.fixture(scope="session")
def mock() -> Iterator[Mock]:
    mock = Mock()
    yield mock
    mock.close()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="session")
def everything(mock: Mock, redis_server: RedisServer, service: str) -> Iterator[World]:
    line = Relay(mock.endpoint)
    gateway = Gateway(
        endpoint=line.endpoint, project=mock.project, upstream=service, cache=redis_server.url, workers=WORKERS,
        appwrite_timeout=2, upstream_timeout=2, body_limit=1_000_000, local_ttl=1,
    )  # fmt: skip
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=20) as http:
        yield World(mock, line, redis_server, service, gateway, http)
    gateway.close()
    line.close()


@pytest.fixture
def world(everything: World) -> Iterator[World]:
    """Give the world as it should be, and leave it so."""
    everything.mock.clear_journal()
    yield everything
    everything.mock.heal()
    everything.line.mend()


AGENTS = {"rust": [built("scenario-agent")], "kotlin": [str(ROOT / "bindings" / "kotlin" / "agent")]}
CHOSEN = os.environ.get("TEST_GATEWAY_AGENTS", "rust").split()


@pytest.fixture(params=CHOSEN)
def new_device(request: pytest.FixtureRequest, world: World) -> Iterator[Callable[[], Agent]]:
    """Give devices with the app in one language, each in its own process."""
    devices: list[Agent] = []

    def new() -> Agent:
        devices.append(Agent(AGENTS[request.param], endpoint=world.line.endpoint, project=world.mock.project))
        return devices[-1]

    yield new
    for device in devices:
        device.close()


@pytest.fixture
def device(new_device: Callable[[], Agent], world: World) -> Agent:
    """Give a device whose app knows the gateway."""
    agent = new_device()
    agent.build(world.gateway.url)
    return agent


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
