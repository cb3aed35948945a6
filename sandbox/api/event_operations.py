"""The operations of the API on events: plans, test instances, monitors and results."""

from __future__ import annotations

from sandbox.api import (
    conduct_shapes,
    instance_shapes,
    instances,
    monitoring,
    plan_shapes,
    result_shapes,
)
from sandbox.api.gallery import LISTED as SAMPLES_LISTED
from sandbox.api.gallery import JudgedSampleView, SampleView
from sandbox.api.operation import Operation
from sandbox.event.event_report import EventReport
from sandbox.event.monitoring import Loads
from sandbox.event.results import Cell, RoleResult
from sandbox.event.snapshots import Snapshot
from sandbox.event.unmet import Meeting

PDF = "application/pdf"
ANY = "application/octet-stream"
EVENT_OPERATIONS = (
    Operation("GET", "/api/plans", "api.list_plans", list[plan_shapes.PlanRowView]),
    Operation(
        "POST", "/api/plans", "api.make_plan", plan_shapes.PlanView, plan_shapes.NextBody, 201
    ),
    Operation("GET", "/api/plans/{plan}", "api.read_plan", plan_shapes.PlanView),
    Operation(
        "PUT",
        "/api/plans/{plan}",
        "api.change_plan",
        plan_shapes.LoadedView,
        dict[str, object],
        query=("dry",),
        headers=("If-Match",),
    ),
    Operation("GET", "/api/plans/{plan}/file", "api.plan_file", "application/toml"),
    Operation(
        "GET", "/api/plans/{plan}/to-do", "api.to_do", list[plan_shapes.ToDoView], query=("system",)
    ),
    Operation("GET", "/api/plans/{plan}/not-met", "api.not_met", list[Meeting], query=("system",)),
    Operation("GET", "/api/plans/{plan}/stuck", "api.stuck", list[result_shapes.StuckView]),
    Operation("POST", "/api/plans/{plan}/now", "api.let_event_run", plan_shapes.PlanView),
    Operation(
        "GET",
        "/api/instances",
        "api.list_instances",
        list[instance_shapes.InstanceRowView],
        query=instances.LISTED,
    ),
    Operation(
        "POST",
        "/api/instances",
        "api.start_instance",
        instance_shapes.InstanceView,
        instance_shapes.InstanceBody,
        201,
    ),
    Operation(
        "GET",
        "/api/instances/queue",
        "api.instance_queue",
        list[instance_shapes.InstanceRowView],
        query=monitoring.QUEUED,
    ),
    Operation(
        "POST",
        "/api/instances/queue",
        "api.take_instance",
        instance_shapes.InstanceView,
        instance_shapes.QueueBody,
    ),
    Operation(
        "GET",
        "/api/instances/totals",
        "api.instance_totals",
        list[instance_shapes.CountView],
        query=("event",),
    ),
    Operation("POST", "/api/plans/{plan}/close", "api.close_event", instance_shapes.ClosedView),
    Operation("GET", "/api/plans/{plan}/report", "api.event_report", EventReport),
    Operation("GET", "/api/plans/{plan}/report.pdf", "api.event_report_pdf", PDF, query=("lang",)),
    Operation(
        "GET",
        "/api/plans/{plan}/certificates.pdf",
        "api.certificates_pdf",
        PDF,
        query=("lang", "team"),
    ),
    Operation(
        "GET", "/api/plans/{plan}/findings", "api.event_findings", result_shapes.FindingsView
    ),
    Operation("GET", "/api/plans/{plan}/snapshots", "api.list_snapshots", list[Snapshot]),
    Operation("POST", "/api/plans/{plan}/snapshots", "api.take_snapshot", Snapshot, status=201),
    Operation("GET", "/api/plans/{plan}/results", "api.event_results", list[RoleResult]),
    Operation("GET", "/api/plans/{plan}/matrix", "api.event_matrix", list[Cell]),
    Operation("GET", "/api/plans/{plan}/instances.csv", "api.event_csv", "text/csv"),
    Operation(
        "GET", "/api/instances/{instance}", "api.read_instance", instance_shapes.InstanceView
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/partners",
        "api.invite_partner",
        instance_shapes.InstanceView,
        instance_shapes.PartnerBody,
        201,
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/runs",
        "api.run_instance",
        instance_shapes.InstanceView,
        instance_shapes.AttemptBody,
        201,
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/through",
        "api.open_through",
        instance_shapes.InstanceView,
        instance_shapes.ThroughBody,
        201,
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/handed-in",
        "api.hand_in",
        instance_shapes.InstanceView,
        ("application/zip",),
        201,
        query=("role",),
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/attachments",
        "api.attach",
        instance_shapes.InstanceView,
        instance_shapes.AttachedLinkBody,
        201,
        query=("name", "evidence"),
    ),
    Operation(
        "GET",
        "/api/instances/{instance}/attachments/{number}",
        "api.read_attachment",
        ANY,
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/overrulings",
        "api.overrule",
        instance_shapes.InstanceView,
        instance_shapes.RulingBody,
        201,
    ),
    Operation(
        "POST",
        "/api/instances/{instance}/{act}",
        "api.move_instance",
        instance_shapes.InstanceView,
        instance_shapes.ActBody,
    ),
    Operation("GET", "/api/plans/{plan}/monitors", "api.event_monitors", Loads),
    Operation(
        "POST",
        "/api/plans/{plan}/monitors",
        "api.assign_monitor",
        Loads,
        plan_shapes.MonitorBody,
    ),
    Operation(
        "GET", "/api/plans/{plan}/checks", "api.event_checks", list[conduct_shapes.CheckView]
    ),
    Operation(
        "POST",
        "/api/plans/{plan}/checks",
        "api.adopt_checks",
        list[conduct_shapes.CheckView],
        conduct_shapes.AdoptBody,
    ),
    Operation(
        "GET", "/api/plans/{plan}/results/standing", "api.standing", conduct_shapes.StandingView
    ),
    Operation(
        "POST",
        "/api/plans/{plan}/results/{decision}",
        "api.decide_results",
        conduct_shapes.StandingView,
    ),
    Operation("GET", "/api/plans/{plan}/overruled", "api.overruled", "application/zip"),
    Operation("GET", "/api/published/{plan}", "api.published", conduct_shapes.PublicView),
    Operation("GET", "/api/published/{plan}/results.csv", "api.published_csv", "text/csv"),
    Operation(
        "POST",
        "/api/plans/{plan}/late",
        "api.event_late",
        plan_shapes.PlanView,
        plan_shapes.LateBody,
    ),
    Operation("GET", "/api/samples", "api.list_samples", list[SampleView], query=SAMPLES_LISTED),
    Operation(
        "POST",
        "/api/samples",
        "api.share_sample",
        SampleView,
        (ANY,),
        201,
        query=("title",),
    ),
    Operation("GET", "/api/samples/{sample}", "api.read_sample", JudgedSampleView),
    Operation("GET", "/api/samples/{sample}/content", "api.fetch_sample", ANY),
    Operation("POST", "/api/samples/{sample}/take-out", "api.take_out_sample", SampleView),
)
