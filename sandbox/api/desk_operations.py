"""The operations of the API on the desk: what is asked for, handed in and graded."""

from __future__ import annotations

from sandbox.api import desk_shapes
from sandbox.api.desk import NOTEBOOK
from sandbox.api.operation import Operation

ASSIGNMENTS = "/api/assignments"
GRADINGS = "/api/gradings"
GRADING = "/api/gradings/{grading}"
DESK_OPERATIONS = (
    Operation("GET", ASSIGNMENTS, "api.list_assignments", list[desk_shapes.AssignmentView]),
    Operation(
        "POST",
        ASSIGNMENTS,
        "api.assign",
        list[desk_shapes.AssignmentView],
        desk_shapes.AssignmentBody,
        201,
    ),
    Operation(
        "POST",
        f"{ASSIGNMENTS}/{{assignment}}/{{act}}",
        "api.act_on_assignment",
        desk_shapes.DoneView,
    ),
    Operation("GET", GRADINGS, "api.list_gradings", list[desk_shapes.GradingView]),
    Operation(
        "POST",
        GRADINGS,
        "api.grade_notebook",
        desk_shapes.GradingView,
        (NOTEBOOK,),
        202,
        query=("team", "name", "assignment"),
        headers=("Idempotency-Key",),
    ),
    Operation("GET", GRADING, "api.read_grading", desk_shapes.GradingView),
    Operation("GET", f"{GRADING}/notebook", "api.annotated_notebook", NOTEBOOK),
    Operation(
        "POST",
        f"{GRADING}/marks",
        "api.mark_exercise",
        desk_shapes.GradingView,
        desk_shapes.MarkBody,
    ),
    Operation("GET", "/api/gradebook.csv", "api.gradebook_csv", "text/csv"),
    Operation(
        "GET",
        "/api/course-certificates.pdf",
        "api.course_certificates_pdf",
        "application/pdf",
        query=("lang", "team"),
    ),
)
