"""What Prometheus sees. Labels come from short fixed lists; no user, session or path is among them."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

VALIDATIONS = Counter(
    "gateway_validations_total",
    "Credentials looked at, by what came of it and where that was known: local, redis, appwrite, or stale in an outage.",
    ["outcome", "source"],
)
REFUSED_CARRIERS = Counter(
    "gateway_refused_carriers_total", "Requests without one well-formed credential, by the problem's type.", ["type"]
)
APPWRITE_REQUESTS = Counter(
    "gateway_appwrite_requests_total",
    "Questions to Appwrite, by what it said or why it could not be asked.",
    ["result"],
)
APPWRITE_SECONDS = Histogram("gateway_appwrite_seconds", "How long Appwrite took to answer.")
VALIDATION_SECONDS = Histogram("gateway_validation_seconds", "How long it took to know who calls.", buckets=_FAST)
REVOCATIONS = Counter("gateway_revocations_total", "Users whose answers were dropped, by who said so.", ["origin"])
REDIS_UP = Gauge("gateway_redis_up", "Workers that hear of revocations, so that Redis is used.", multiprocess_mode="livesum")
UNTOLD = Gauge(
    "gateway_revocations_waiting",
    "Revocations that could not be passed on to the other workers yet.",
    multiprocess_mode="livesum",
)
REQUESTS = Counter("gateway_requests_total", "Requests answered.", ["method", "status"])
REQUEST_SECONDS = Histogram("gateway_request_seconds", "From the request's head to the end of its answer.")
IN_FLIGHT = Gauge("gateway_requests_in_flight", "Requests that are not answered yet.", multiprocess_mode="livesum")
