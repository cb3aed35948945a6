"""The operations of the API for tools that run much."""

from __future__ import annotations

from sandbox.api import running_shapes, shapes
from sandbox.api.operation import Operation

RUNNING_OPERATIONS = (
    Operation("DELETE", "/api/systems/{system}", "api.remove_system", shapes.SystemView),
    Operation(
        "GET",
        "/api/tracks/{track}/plan",
        "api.plan_run",
        list[running_shapes.PlayedTestView],
        query=("system",),
    ),
    Operation(
        "POST",
        "/api/batches",
        "api.start_batch",
        list[shapes.RunView],
        running_shapes.BatchBody,
        201,
        headers=("Idempotency-Key",),
    ),
    Operation(
        "POST",
        "/api/runs/{run}/again",
        "api.run_again",
        shapes.RunView,
        running_shapes.RerunBody,
        201,
        headers=("Idempotency-Key",),
    ),
    Operation(
        "GET",
        "/api/runs/{run}/changes",
        "api.compare_runs",
        list[running_shapes.RunChangeView],
        query=("since",),
    ),
)
