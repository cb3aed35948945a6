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
from sandbox.api.gallery import PLACE as SAMPLES
from sandbox.api.gallery import JudgedSampleView, SampleView
from sandbox.api.operation import Operation
from sandbox.event.event_report import EventReport
from sandbox.event.monitoring import Loads
from sandbox.event.results import Cell, RoleResult
from sandbox.event.snapshots import Snapshot
from sandbox.event.unmet import Meeting

PDF = "application/pdf"
ANY = "application/octet-stream"
PLAN = "/api/plans/{plan}"
INSTANCES = "/api/instances"
INSTANCE = "/api/instances/{instance}"
EVENT_OPERATIONS = (
    Operation("GET", "/api/plans", "api.list_plans", list[plan_shapes.PlanRowView]),
    Operation(
        "POST", "/api/plans", "api.make_plan", plan_shapes.PlanView, plan_shapes.NextBody, 201
    ),
    Operation("GET", PLAN, "api.read_plan", plan_shapes.PlanView),
    Operation(
        "PUT",
        PLAN,
        "api.change_plan",
        plan_shapes.LoadedView,
        dict[str, object],
        query=("dry",),
        headers=("If-Match",),
    ),
    Operation("GET", f"{PLAN}/file", "api.plan_file", "application/toml"),
    Operation("GET", f"{PLAN}/to-do", "api.to_do", list[plan_shapes.ToDoView], query=("system",)),
    Operation("GET", f"{PLAN}/not-met", "api.not_met", list[Meeting], query=("system",)),
    Operation("POST", f"{PLAN}/now", "api.let_event_run", plan_shapes.PlanView),
    Operation(
        "GET",
        INSTANCES,
        "api.list_instances",
        list[instance_shapes.InstanceRowView],
        query=instances.LISTED,
    ),
    Operation(
        "POST",
        INSTANCES,
        "api.start_instance",
        instance_shapes.InstanceView,
        instance_shapes.InstanceBody,
        201,
    ),
    Operation(
        "GET",
        f"{INSTANCES}/queue",
        "api.instance_queue",
        list[instance_shapes.InstanceRowView],
        query=monitoring.QUEUED,
    ),
    Operation(
        "POST",
        f"{INSTANCES}/queue",
        "api.take_instance",
        instance_shapes.InstanceView,
        instance_shapes.QueueBody,
    ),
    Operation(
        "GET",
        f"{INSTANCES}/totals",
        "api.instance_totals",
        list[instance_shapes.CountView],
        query=("event",),
    ),
    Operation("POST", f"{PLAN}/close", "api.close_event", instance_shapes.ClosedView),
    Operation("GET", f"{PLAN}/report", "api.event_report", EventReport),
    Operation("GET", f"{PLAN}/report.pdf", "api.event_report_pdf", PDF, query=("lang",)),
    Operation(
        "GET", f"{PLAN}/certificates.pdf", "api.certificates_pdf", PDF, query=("lang", "team")
    ),
    Operation("GET", f"{PLAN}/findings", "api.event_findings", result_shapes.FindingsView),
    Operation("GET", f"{PLAN}/snapshots", "api.list_snapshots", list[Snapshot]),
    Operation("POST", f"{PLAN}/snapshots", "api.take_snapshot", Snapshot, status=201),
    Operation("GET", f"{PLAN}/results", "api.event_results", list[RoleResult]),
    Operation("GET", f"{PLAN}/matrix", "api.event_matrix", list[Cell]),
    Operation("GET", f"{PLAN}/instances.csv", "api.event_csv", "text/csv"),
    Operation("GET", INSTANCE, "api.read_instance", instance_shapes.InstanceView),
    Operation(
        "POST",
        f"{INSTANCE}/partners",
        "api.invite_partner",
        instance_shapes.InstanceView,
        instance_shapes.PartnerBody,
        201,
    ),
    Operation(
        "POST",
        f"{INSTANCE}/runs",
        "api.run_instance",
        instance_shapes.InstanceView,
        instance_shapes.AttemptBody,
        201,
    ),
    Operation(
        "POST",
        f"{INSTANCE}/through",
        "api.open_through",
        instance_shapes.InstanceView,
        instance_shapes.ThroughBody,
        201,
    ),
    Operation(
        "POST",
        f"{INSTANCE}/handed-in",
        "api.hand_in",
        instance_shapes.InstanceView,
        ("application/zip",),
        201,
        query=("role",),
    ),
    Operation(
        "POST",
        f"{INSTANCE}/attachments",
        "api.attach",
        instance_shapes.InstanceView,
        instance_shapes.AttachedLinkBody,
        201,
        query=("name", "evidence"),
    ),
    Operation(
        "GET",
        f"{INSTANCE}/attachments/{{number}}",
        "api.read_attachment",
        ANY,
    ),
    Operation(
        "POST",
        f"{INSTANCE}/overrulings",
        "api.overrule",
        instance_shapes.InstanceView,
        instance_shapes.RulingBody,
        201,
    ),
    Operation(
        "POST",
        f"{INSTANCE}/{{act}}",
        "api.move_instance",
        instance_shapes.InstanceView,
        instance_shapes.ActBody,
    ),
    Operation("GET", f"{PLAN}/monitors", "api.event_monitors", Loads),
    Operation(
        "POST",
        f"{PLAN}/monitors",
        "api.assign_monitor",
        Loads,
        plan_shapes.MonitorBody,
    ),
    Operation("GET", f"{PLAN}/checks", "api.event_checks", list[conduct_shapes.CheckView]),
    Operation(
        "POST",
        f"{PLAN}/checks",
        "api.adopt_checks",
        list[conduct_shapes.CheckView],
        conduct_shapes.AdoptBody,
    ),
    Operation("GET", f"{PLAN}/results/standing", "api.standing", conduct_shapes.StandingView),
    Operation(
        "POST", f"{PLAN}/results/{{decision}}", "api.decide_results", conduct_shapes.StandingView
    ),
    Operation("GET", f"{PLAN}/overruled", "api.overruled", "application/zip"),
    Operation("GET", "/api/published/{plan}", "api.published", conduct_shapes.PublicView),
    Operation("GET", "/api/published/{plan}/results.csv", "api.published_csv", "text/csv"),
    Operation("POST", f"{PLAN}/late", "api.event_late", plan_shapes.PlanView, plan_shapes.LateBody),
    Operation("GET", SAMPLES, "api.list_samples", list[SampleView], query=SAMPLES_LISTED),
    Operation(
        "POST",
        SAMPLES,
        "api.share_sample",
        SampleView,
        (ANY,),
        201,
        query=("title",),
    ),
    Operation("GET", f"{SAMPLES}/{{sample}}", "api.read_sample", JudgedSampleView),
    Operation("GET", f"{SAMPLES}/{{sample}}/content", "api.fetch_sample", ANY),
    Operation("POST", f"{SAMPLES}/{{sample}}/take-out", "api.take_out_sample", SampleView),
)
