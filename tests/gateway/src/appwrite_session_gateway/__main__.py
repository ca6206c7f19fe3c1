"""Runs the reference gateway: ``appwrite-session-gateway --host 0.0.0.0 --port 8000 --workers 4 --metrics-port 9100``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile


def main() -> None:
    """Serve until a signal; the settings are in the environment, see ``settings``."""
    parser = argparse.ArgumentParser(description="An API gateway that validates Appwrite sessions.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--metrics-port", type=int, help="on this port of --metrics-host; without it there are none")
    parser.add_argument("--metrics-host", default="127.0.0.1")
    parser.add_argument("--trusted-proxies", default="", help="addresses whose X-Forwarded-For is believed, with commas")
    parser.add_argument("--shutdown-seconds", type=int, default=20, help="for requests under way, after a signal")
    given = parser.parse_args()

    if given.workers == 1:
        # The only worker is this process, whose own counters are served.
        sys.exit(_serve(given, ""))
    with tempfile.TemporaryDirectory(prefix="gateway-metrics-") as folder:
        # Workers count in files here, which the parent adds up. They load prometheus_client anew, and find the variable then.
        counters = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        sys.exit(_serve(given, counters))


def _serve(given: argparse.Namespace, counters: str) -> int:
    import uvicorn  # noqa: PLC0415

    from .heads import BoundedHttp  # noqa: PLC0415
    from .logs import set_up_logs  # noqa: PLC0415
    from .metrics_server import serve_metrics  # noqa: PLC0415
    from .settings import Settings  # noqa: PLC0415

    try:
        settings = Settings.from_environment()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_logs(settings.log_level)
    if given.metrics_port is not None:
        serve_metrics(given.metrics_host, given.metrics_port, counters)
    uvicorn.run(
        "appwrite_session_gateway.app:create_app",
        factory=True,
        host=given.host,
        port=given.port,
        workers=given.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(given.trusted_proxies),
        forwarded_allow_ips=given.trusted_proxies,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=given.shutdown_seconds,
        http=BoundedHttp,
        ws_max_size=settings.message_limit,
    )
    return 0


if __name__ == "__main__":
    main()
