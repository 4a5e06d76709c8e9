"""Fan-outs: what an executor hands over to other workers, and what the children gave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from millrace._json import json_text
from millrace._limits import CHILDREN_PER_CALL, PAYLOAD_BYTES
from millrace._names import name_of
from millrace._proto.jobs.v1 import group_pb2, job_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._times import timestamp_of
from millrace.worker.failures import NonRetryable, WaitingForChildren
from millrace.worker.port import Port

_CALL_BYTES = 2 * 1024 * 1024
"""The payloads of one call, well below gRPC's 4 MiB."""

Rule = Literal["all", "any"] | int
"""When children succeed as a whole: all, any one, or at least that percentage (1 to 100)."""


@dataclass(frozen=True)
class Child:
    """A job that an executor hands over to other workers, in the queue and of the API key of the executor's job."""

    type: str
    payload: Any = field(default_factory=dict)
    """What JSON represents as an object, at most 256 KiB."""
    priority: int | None = None
    """1 (most urgent) to 100. Default: that of the executor's job."""
    pool: str = ""
    """Default: that of the executor's job, unless the child names a model."""
    document_ids: Sequence[str] = ()
    estimated_tokens: int = 0
    max_attempts: int | None = None
    """Default: the queue's."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Default: those of the executor's job."""
    expires_at: datetime | None = None
    """The latest start."""
    deadline: datetime | None = None
    """The latest finish."""
    model: str = ""
    """A model of the catalogue. Not with a pool. Default: that of the executor's job, unless the child names a pool."""


@dataclass(frozen=True)
class ChildFailure:
    """Why a child failed, was cancelled or expired."""

    reason: str
    message: str
    retryable: bool
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class ChildResult:
    """What one child gave."""

    index: int
    """From 1, in the order in which the children were handed over."""
    job_id: str
    state: str
    """SUCCEEDED, FAILED, CANCELLED, EXPIRED; REMOVED before it ended; or the state in which the rule was decided."""
    result: Any = None
    result_omitted: bool = False
    """True: the child succeeded, and its result is longer than 64 KiB."""
    failure: ChildFailure | None = None


@dataclass(frozen=True)
class FanOutResult:
    """What the children of a fan-out gave, in the order in which they were handed over."""

    met: bool
    """Whether the rule is met."""
    state: str
    group_id: str
    children: list[ChildResult]


@dataclass(frozen=True)
class Options:
    """How the children of a fan-out belong together."""

    rule: Rule = "all"
    max_in_flight: int = 0
    keep_siblings: bool = False
    traceparent: str = ""
    tracestate: str = ""


class FanOuts:
    """The fan-outs of one attempt. Its n-th call is the job's n-th fan-out."""

    def __init__(self, port: Port, assignment: pb.Assignment) -> None:
        self._port = port
        self._assignment = assignment
        self._made = 0
        self._waiting: int | None = None
        self._lock = threading.RLock()

    def fan_out(self, children: Sequence[Child] | Callable[[], Sequence[Child]], options: Options) -> FanOutResult:
        """Returns what the children gave, or ends the attempt to wait for them. Calls run one after the other."""
        with self._lock:
            return self._fan_out(children, options)

    def _fan_out(self, children: Sequence[Child] | Callable[[], Sequence[Child]], options: Options) -> FanOutResult:
        if self._waiting is not None:
            raise WaitingForChildren(self._waiting)
        self._made += 1
        ordinal = self._made
        if callable(children):
            # A run after all children were handed over need not make them again.
            group = self._known(ordinal)
            if group is not None and group.state != group_pb2.GROUP_STATE_OPEN:
                return self._read(ordinal) if finished(group) else self._wait(group.progress.total)
            children = children()
        specs = [_spec(child, at, options) for at, child in enumerate(children, start=1)]
        group = self._hand_over(ordinal, specs, options)
        return self._read(ordinal) if finished(group) else self._wait(len(specs))

    def _hand_over(self, ordinal: int, specs: list[job_pb2.JobSpec], options: Options) -> group_pb2.Group:
        """Stores the children that are not stored yet."""
        request = pb.FanOutRequest(
            lease=self._assignment.lease,
            ordinal=ordinal,
            plan_sha256=_plan_sha256(specs, options),
            rule=rule_message(options.rule),
            max_in_flight=options.max_in_flight,
            keep_siblings=options.keep_siblings,
        )
        group: group_pb2.Group | None = None
        if ordinal <= self._assignment.fan_outs or not specs:
            group = self._send(request, 1, [])
            if group.state != group_pb2.GROUP_STATE_OPEN:
                return group
        first = 1
        for part in _parts(specs):
            group = self._send(request, first, part)
            if finished(group):
                return group
            first += len(part)
        assert group is not None
        return group

    def _send(self, request: pb.FanOutRequest, first: int, specs: list[job_pb2.JobSpec]) -> group_pb2.Group:
        call = pb.FanOutRequest(first_index=first, children=specs)
        call.MergeFrom(request)
        return self._port.call(pb.WorkerService.FanOut, call).group

    def _known(self, ordinal: int) -> group_pb2.Group | None:
        if ordinal > self._assignment.fan_outs:
            return None
        return next(read_pages(self._port, self._assignment.lease, ordinal)).group

    def _read(self, ordinal: int) -> FanOutResult:
        children: list[ChildResult] = []
        group: group_pb2.Group | None = None
        for page in read_pages(self._port, self._assignment.lease, ordinal):
            group = group or page.group
            children.extend(child_result(child) for child in page.children)
        assert group is not None
        state = name_of(group_pb2.GroupState, "GROUP_STATE_", group.state)
        return FanOutResult(state == "SUCCEEDED", state, group.id, children)

    def _wait(self, children: int) -> FanOutResult:
        self._waiting = children
        self._port.wait_for_children(children)
        raise WaitingForChildren(children)


def finished(group: group_pb2.Group) -> bool:
    """Whether a group has its final state."""
    return group.state not in (group_pb2.GROUP_STATE_OPEN, group_pb2.GROUP_STATE_RUNNING)


def read_pages(port: Port, lease: pb.LeaseRef, ordinal: int) -> Iterator[pb.ReadChildrenResponse]:
    """Reads the children of a fan-out, or with ordinal 0 of the group that the job finalizes."""
    after = 0
    while True:
        request = pb.ReadChildrenRequest(lease=lease, ordinal=ordinal, after_index=after)
        page = port.call(pb.WorkerService.ReadChildren, request)
        yield page
        last = page.children[len(page.children) - 1].index if len(page.children) else 0
        if not page.more or last <= after:
            return
        after = last


def child_result(child: group_pb2.GroupChild) -> ChildResult:
    """Converts what one child gave."""
    state = name_of(job_pb2.JobState, "JOB_STATE_", child.state)
    failure = None
    if child.HasField("failure"):
        why = child.failure
        details = json.loads(why.details_json) if why.details_json else None
        failure = ChildFailure(why.reason, why.message, why.retryable, details)
    return ChildResult(
        index=child.index,
        job_id=child.job_id,
        state="REMOVED" if state == "UNSPECIFIED" else state,
        result=json.loads(child.result_json) if child.result_json else None,
        result_omitted=child.result_omitted,
        failure=failure,
    )


def rule_message(rule: Rule) -> group_pb2.GroupRule:
    """Returns the rule as a message."""
    if rule == "all":
        return group_pb2.GroupRule()
    return group_pb2.GroupRule(any=True) if rule == "any" else group_pb2.GroupRule(at_least_percent=rule)


def _spec(child: Child, index: int, options: Options) -> job_pb2.JobSpec:
    try:
        payload = json_text(child.payload)
    except (TypeError, ValueError) as error:
        raise NonRetryable("MALFORMED", f"Child {index}: its payload is not JSON: {error}.") from error
    if len(payload.encode()) > PAYLOAD_BYTES:
        raise NonRetryable("TOO_LARGE", f"Child {index}: its payload is larger than {PAYLOAD_BYTES} bytes.")
    try:
        return job_pb2.JobSpec(
            type=child.type,
            payload_json=payload,
            priority=child.priority,
            pool=child.pool,
            model=child.model,
            document_ids=child.document_ids,
            estimated_tokens=child.estimated_tokens,
            retry=None if child.max_attempts is None else job_pb2.RetryPolicy(max_attempts=child.max_attempts),
            labels=child.labels,
            expires_at=None if child.expires_at is None else timestamp_of(child.expires_at),
            deadline=None if child.deadline is None else timestamp_of(child.deadline),
            traceparent=options.traceparent,
            tracestate=options.tracestate,
        )
    except (TypeError, ValueError) as error:
        raise NonRetryable("MALFORMED", f"Child {index}: {error}.") from error


def _plan_sha256(specs: list[job_pb2.JobSpec], options: Options) -> bytes:
    """The same for the same children and options. The trace context does not count, because each run has another."""
    digest = sha256(json_text([options.rule, options.max_in_flight, options.keep_siblings]).encode())
    for spec in specs:
        bare = job_pb2.JobSpec()
        bare.CopyFrom(spec)
        bare.traceparent = bare.tracestate = ""
        digest.update(sha256(bare.SerializeToString(deterministic=True)).digest())
    return digest.digest()


def _parts(specs: list[job_pb2.JobSpec]) -> Iterator[list[job_pb2.JobSpec]]:
    part: list[job_pb2.JobSpec] = []
    size = 0
    for spec in specs:
        if part and (len(part) == CHILDREN_PER_CALL or size + spec.ByteSize() > _CALL_BYTES):
            yield part
            part, size = [], 0
        part.append(spec)
        size += spec.ByteSize()
    if part:
        yield part
