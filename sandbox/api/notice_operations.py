"""The operations of the API for who is told of what, and the webhooks that it sends by itself."""

from __future__ import annotations

from typing import Any

from sandbox.api import notice_shapes, shapes
from sandbox.api.listing import LISTED
from sandbox.api.operation import Operation

ONE = "/api/subscriptions/{subscription}"
NOTICE_OPERATIONS = (
    Operation(
        "GET",
        "/api/subscriptions",
        "api.list_subscriptions",
        list[notice_shapes.SubscriptionView],
        query=("carrier", "run"),
    ),
    Operation(
        "POST",
        "/api/subscriptions",
        "api.subscribe",
        notice_shapes.MadeSubscriptionView,
        notice_shapes.SubscriptionBody,
        201,
    ),
    Operation("GET", ONE, "api.read_subscription", notice_shapes.SubscriptionView),
    Operation("DELETE", ONE, "api.end_subscription", notice_shapes.SubscriptionView),
    Operation("POST", f"{ONE}/enable", "api.enable_subscription", notice_shapes.SubscriptionView),
    Operation(
        "POST", f"{ONE}/try", "api.try_subscription", notice_shapes.SubscriptionView, status=202
    ),
    Operation("GET", f"{ONE}/notices", "api.list_notices", list[notice_shapes.NoticeView]),
    Operation("GET", f"{ONE}/runs", "api.list_heard", list[shapes.RunView], query=LISTED),
    Operation(
        "POST",
        f"{ONE}/again",
        "api.send_again",
        notice_shapes.AgainView,
        notice_shapes.AgainBody,
        202,
    ),
    Operation(
        "GET",
        "/api/announcements",
        "api.list_announcements",
        list[notice_shapes.AnnouncementView],
        query=("all",),
    ),
    Operation(
        "POST",
        "/api/announcements",
        "api.announce",
        notice_shapes.AnnouncementView,
        notice_shapes.AnnouncementBody,
        201,
        headers=("Idempotency-Key",),
    ),
    Operation(
        "POST",
        "/api/announcements/{number}/end",
        "api.end_announcement",
        notice_shapes.AnnouncementView,
    ),
)
WEBHOOKS: dict[str, Any] = {
    "run.started": notice_shapes.RunNews,
    "run.ended": notice_shapes.RunNews,
    "run.cancelled": notice_shapes.RunNews,
    "review.asked": notice_shapes.ReviewNews,
    "review.decided": notice_shapes.ReviewNews,
    "instance.moved": notice_shapes.InstanceNews,
    "grading.released": notice_shapes.GradingNews,
    "announcement.made": notice_shapes.AnnouncementNews,
    "subscription.tried": notice_shapes.SubscriptionNews,
    "subscription.disabled": notice_shapes.SubscriptionNews,
}
"""By the type of what is sent, the type of its `data`."""
