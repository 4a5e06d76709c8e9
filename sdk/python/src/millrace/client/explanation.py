"""Why a job waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from millrace._names import name_of
from millrace._proto.jobs.v1 import job_service_pb2 as pb
from millrace.client.jobs import job_state_of, when


@dataclass(frozen=True)
class Constraint:
    """One thing that holds a waiting job."""

    kind: str
    """Such as KEY_TOKENS or NO_WORKER."""
    subject: str
    limit: int
    used: int
    needed: int
    clear_time: datetime | None
    """The earliest time at which it may clear by itself. None: it depends on others."""
    message: str


@dataclass(frozen=True)
class RouteExplanation:
    """What holds one route of a job's model."""

    account: str
    model: str
    """What the provider calls the model."""
    constraints: tuple[Constraint, ...]
    """Empty: the next free worker that serves the account may take the job on this route."""
    failed: bool
    """The job has failed on this account, so the route is tried after the others."""


@dataclass(frozen=True)
class Explanation:
    """Everything that holds a job now, the last one to clear first, and when it may start."""

    state: str
    constraints: tuple[Constraint, ...]
    ahead_in_lane: int
    estimated_start_time: datetime | None
    estimate_basis: str
    model: str | None = None
    """The model that the job names."""
    routes: tuple[RouteExplanation, ...] = ()
    """The routes of the model, in the order in which the next lease tries them."""


def explanation_of(message: pb.ExplainJobResponse) -> Explanation:
    """Converts an explanation."""
    return Explanation(
        state=job_state_of(message.state),
        constraints=tuple(constraint_of(one) for one in message.constraints),
        ahead_in_lane=message.ahead_in_lane,
        estimated_start_time=when(message, "estimated_start_time", message.estimated_start_time),
        estimate_basis=message.estimate_basis,
        model=message.model or None,
        routes=tuple(
            RouteExplanation(
                account=route.account,
                model=route.model,
                constraints=tuple(constraint_of(one) for one in route.constraints),
                failed=route.failed,
            )
            for route in message.routes
        ),
    )


def constraint_of(message: pb.Constraint) -> Constraint:
    """Converts a constraint."""
    return Constraint(
        kind=name_of(pb.ConstraintKind, "CONSTRAINT_KIND_", message.kind),
        subject=message.subject,
        limit=message.limit,
        used=message.used,
        needed=message.needed,
        clear_time=when(message, "clear_time", message.clear_time),
        message=message.message,
    )
