"""Groups: jobs that belong together, and a job that runs when they have succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from millrace._names import name_of
from millrace._proto.jobs.v1 import group_pb2
from millrace._times import timestamp_of
from millrace.client.jobs import Callback, NewJob, callback_message, spec_of, when
from millrace.worker.children import Rule, rule_message

FINAL_GROUP_STATES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})


class GroupOptions(TypedDict, total=False):
    """What a group may have beside its queue and children."""

    rule: Rule
    """When the group succeeds: "all" (default), "any", or at least that percentage of the children."""
    finalizer: NewJob
    """The job that runs when the group has succeeded."""
    max_in_flight: int
    """The most children that wait for a worker or run at once. 0: no limit."""
    deadline: datetime
    """The group expires then. Default: 7 days ahead; at most 31."""
    priority: int
    keep_siblings: bool
    """Children go on when the rule is decided before they have ended."""
    labels: Mapping[str, str]
    callback: Callback


@dataclass(frozen=True)
class GroupProgress:
    """How many children have ended, and how."""

    total: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int
    removed: int
    in_flight: int


@dataclass(frozen=True)
class Group:
    """A group as its caller sees it."""

    id: str
    queue: str
    state: str
    """OPEN, RUNNING; and at the end SUCCEEDED, FAILED, CANCELLED or EXPIRED."""
    progress: GroupProgress
    finalizer_job_id: str | None
    parent_job_id: str | None
    create_time: datetime | None
    finish_time: datetime | None
    deadline: datetime | None
    labels: dict[str, str]
    cancel_reason: str | None

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self.state in FINAL_GROUP_STATES


def group_spec(queue: str, options: GroupOptions) -> group_pb2.GroupSpec:
    """Returns the message of a group to create."""
    unknown = set(options) - set(GroupOptions.__annotations__)
    if unknown:
        raise TypeError(f"unknown option of a group: {', '.join(sorted(unknown))}")
    finalizer, deadline = options.get("finalizer"), options.get("deadline")
    return group_pb2.GroupSpec(
        queue=queue,
        rule=rule_message(options.get("rule", "all")),
        finalizer=None if finalizer is None else spec_of(finalizer, queue),
        max_in_flight=options.get("max_in_flight"),
        deadline=None if deadline is None else timestamp_of(deadline),
        priority=options.get("priority"),
        keep_siblings=options.get("keep_siblings"),
        labels=options.get("labels"),
        callback=callback_message(options.get("callback")),
    )


def group_of(message: group_pb2.Group) -> Group:
    """Converts a group."""
    done = message.progress
    return Group(
        id=message.id,
        queue=message.queue,
        state=name_of(group_pb2.GroupState, "GROUP_STATE_", message.state),
        progress=GroupProgress(
            done.total, done.succeeded, done.failed, done.cancelled, done.expired, done.removed, done.in_flight
        ),
        finalizer_job_id=message.finalizer_job_id or None,
        parent_job_id=message.parent_job_id or None,
        create_time=when(message, "create_time", message.create_time),
        finish_time=when(message, "finish_time", message.finish_time),
        deadline=when(message, "deadline", message.deadline),
        labels=dict(message.labels),
        cancel_reason=message.cancel_reason or None,
    )
