"""The functions of a worker, and how one attempt runs in them."""

from __future__ import annotations

import inspect
import json
import pickle
import typing
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from millrace._json import decoder_of
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._trace import active_trace
from millrace.worker import outcome as outcomes
from millrace.worker.async_context import AsyncContext
from millrace.worker.context import Context, Facts, log
from millrace.worker.failures import AttemptStopped, JobFailure, NonRetryable, WaitingForChildren

RunIn = Literal["thread", "process"]


class Executor:
    """A function for the jobs of one type."""

    def __init__(self, function: Callable[..., Any], run_in: RunIn, interrupt: bool = False) -> None:
        self.function = function
        self.run_in = run_in
        self.interrupt = interrupt
        self.is_async = inspect.iscoroutinefunction(function)
        if self.is_async and (run_in == "process" or interrupt):
            raise ValueError(f"{function.__qualname__} is async, and runs in the event loop: leave out the options")
        parameters = list(inspect.signature(function).parameters.values())
        if not 1 <= len(parameters) <= 2:
            raise TypeError(f"{function.__qualname__} takes {len(parameters)} arguments: it must take (payload, ctx)")
        self._takes_context = len(parameters) == 2
        self._payload_name = parameters[0].name
        self._decode: Callable[[Any], Any] | None = None

    def check(self) -> list[str]:
        """Returns why the function cannot run as it should."""
        name = self.function.__qualname__
        problems = []
        try:
            self._decoder()
        except Exception as error:
            problems.append(
                f"the annotation of the payload of {name} cannot be read; define what it names in the module ({error})"
            )
        if self.run_in == "process":
            try:
                pickle.dumps(self.function)
            except Exception as error:
                problems.append(f"{name} cannot run in a process; define it at the top of its module ({error})")
        return problems

    def run(self, assignment: pb.Assignment, context: Context) -> pb.AttemptOutcome:
        """Runs a sync function in this thread."""
        try:
            with active_trace(context.traceparent, context.tracestate):
                result = self.function(*self._arguments(assignment, context))
            return _with_usage(outcomes.completed(result), context)
        except BaseException as error:
            return _raised(error, assignment, context)

    async def run_async(self, assignment: pb.Assignment, context: AsyncContext) -> pb.AttemptOutcome:
        """Runs an async function in this event loop."""
        try:
            with active_trace(context.traceparent, context.tracestate):
                result = await typing.cast(Awaitable[Any], self.function(*self._arguments(assignment, context)))
            return _with_usage(outcomes.completed(result), context)
        except BaseException as error:
            return _raised(error, assignment, context)

    def _arguments(self, assignment: pb.Assignment, context: Facts) -> tuple[Any, ...]:
        if self._decode is None:
            self._decode = self._decoder()
        try:
            payload = self._decode(json.loads(assignment.payload_json or "{}"))
        except (TypeError, ValueError) as error:
            raise NonRetryable("MALFORMED", f"The payload does not fit: {error}") from error
        return (payload, context) if self._takes_context else (payload,)

    def _decoder(self) -> Callable[[Any], Any]:
        """Only when the worker runs: what annotations name may be defined after the function."""
        function = inspect.unwrap(self.function)
        annotation = getattr(function, "__annotations__", {}).get(self._payload_name, Any)
        # Only the payload's annotation is read. The others may name what only a type checker imports.
        payload = type("payload", (), {"__annotations__": {"payload": annotation}})
        return decoder_of(typing.get_type_hints(payload, getattr(function, "__globals__", {}))["payload"])


def _with_usage(outcome: pb.AttemptOutcome, context: Facts) -> pb.AttemptOutcome:
    outcome.usage.CopyFrom(context._usage)
    return outcome


def _raised(error: BaseException, assignment: pb.Assignment, context: Facts) -> pb.AttemptOutcome:
    if isinstance(error, AttemptStopped):
        return _with_usage(outcomes.stopped(), context)
    if isinstance(error, WaitingForChildren):
        return _with_usage(outcomes.waiting(error.children), context)
    if not isinstance(error, JobFailure) and not context.cancelled:
        log.error("the executor of job %s failed", context.job_id, exc_info=error)
    return _with_usage(outcomes.raised(error, assignment.pool), context)
