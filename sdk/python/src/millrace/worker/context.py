"""What a sync executor gets beside its payload. The async one is in async_context.py."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from millrace._json import json_text
from millrace._limits import CHECKPOINT_BYTES, USAGE_MODEL_CHARACTERS
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._times import datetime_of
from millrace.worker.children import Child, ChildResult, FanOutResult, FanOuts, Options, Rule, child_result, read_pages
from millrace.worker.failures import JobFailure, NonRetryable
from millrace.worker.port import Port, add_usage
from millrace.worker.stored_document import StoredDocument, stored_document

log = logging.getLogger("millrace.worker")


class Facts:
    """Facts about the job and the attempt, the same for sync and async executors."""

    def __init__(self, assignment: pb.Assignment, port: Port) -> None:
        self._assignment = assignment
        self._port = port
        self._usage = job_pb2.Usage()
        self.job_id: str = assignment.lease.job_id
        self.queue: str = assignment.queue
        self.type: str = assignment.type
        self.key_id: str = assignment.key_id
        """The id of the API key that the job belongs to."""
        self.attempt: int = assignment.attempt
        """Counted from 1."""
        self.max_attempts: int = assignment.max_attempts
        self.document_ids: Sequence[str] = tuple(assignment.document_ids)
        self.pool: str = assignment.pool
        self.labels: Mapping[str, str] = dict(assignment.labels)
        self.traceparent: str = assignment.traceparent
        """The W3C trace context of the attempt."""
        self.tracestate: str = assignment.tracestate
        self.fan_outs: int = assignment.fan_outs
        """How many fan-outs of the job are stored: 0 in a run from the beginning."""
        self.finalizes_group_id: str | None = assignment.finalizes_group_id or None
        self.schedule_id: str | None = assignment.schedule_id or None
        self.log = logging.LoggerAdapter(log, {"job_id": self.job_id, "attempt": self.attempt})

    @property
    def deadline(self) -> datetime | None:
        """The job must have finished by then."""
        return datetime_of(self._assignment.deadline) if self._assignment.HasField("deadline") else None

    @property
    def schedule_due_time(self) -> datetime | None:
        """The due time of a schedule's run, without jitter."""
        due = self._assignment.HasField("schedule_due_time")
        return datetime_of(self._assignment.schedule_due_time) if due else None

    @property
    def last_checkpoint(self) -> Any:
        """What an earlier attempt, or the run before a fan-out, saved by `checkpoint`. None if nothing was saved."""
        text = self._assignment.checkpoint_json
        return json.loads(text) if text else None

    @property
    def cancelled(self) -> bool:
        """True once the attempt must stop: it was cancelled, is late, was handed back, or lost its lease."""
        return self._port.stop.reason is not None

    def usage(
        self,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        provider_calls: int = 0,
        compute_seconds: float = 0,
        cached_input_tokens: int = 0,
        reasoning_tokens: int = 0,
        model: str = "",
    ) -> None:
        """Adds to what the attempt spent, which is reported with its outcome, also if it fails.

        `compute_seconds` is CPU time. In the order between keys, a second costs as much as 1,000 tokens.
        `cached_input_tokens` is the part of `input_tokens` that the provider had in its cache, and `reasoning_tokens`
        the part of `output_tokens` that the model spent on thought. `model` is the model that was called: tokens of
        the attempt count under the one that is reported last.
        """
        add_usage(
            self._usage,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            provider_calls=provider_calls,
            compute_ms=compute_seconds * 1_000,
            cached_input_tokens=cached_input_tokens,
            reasoning_tokens=reasoning_tokens,
        )
        if model:
            self._usage.model = model.encode("utf-8", "replace").decode()[:USAGE_MODEL_CHARACTERS]


class Context(Facts):
    """One attempt, as a sync executor sees it. Its calls block, and raise AttemptStopped once the attempt must stop."""

    def __init__(self, assignment: pb.Assignment, port: Port) -> None:
        super().__init__(assignment, port)
        self._fan_outs = FanOuts(port, assignment)
        self._checkpoint_lock = threading.Lock()

    def write(self, text: str) -> None:
        """Sends text to the callers that watch the job. Blocks while more than 1 MiB is unacknowledged."""
        self._port.write(text)

    def progress(self, done: int, total: int = 0, message: str = "") -> None:
        """Reports how many of `total` parts are done (0: not known). Of several unsent reports the last is sent."""
        self._port.progress(done, total, message)

    def raise_if_cancelled(self) -> None:
        """Raises AttemptStopped if the attempt must stop. Call it now and then in long computations."""
        self._port.stop.check()

    def fan_out(
        self,
        children: Sequence[Child] | Callable[[], Sequence[Child]],
        *,
        rule: Rule = "all",
        max_in_flight: int = 0,
        keep_siblings: bool = False,
    ) -> FanOutResult:
        """Hands jobs over to other workers, and returns what they gave.

        The first time, it raises WaitingForChildren: the attempt ends, and holds no slot. When the children have ended,
        the executor is called again from its beginning, and the same call returns. So the executor must make the same
        fan-outs in the same order each time; otherwise the job fails with the reason FAN_OUT_DIFFERS. `children` may be
        a function, which is called only while they are not all handed over.

        `rule` says when the children succeed as a whole; the result's `met` tells whether they did. `max_in_flight` is
        the most children that wait for a worker or run at once (0: no limit). With `keep_siblings` children go on when
        the rule is decided before they have ended.
        """
        options = Options(rule, max_in_flight, keep_siblings, self.traceparent, self.tracestate)
        return self._fan_outs.fan_out(children, options)

    def children(self) -> Iterator[ChildResult]:
        """Reads what the children of the group gave whose finalizer the job is, in order."""
        if self.finalizes_group_id is None:
            raise NonRetryable("GROUP_NOT_FOUND", "The job finalizes no group, so it has no children to read.")
        for page in read_pages(self._port, self._assignment.lease, 0):
            for child in page.children:
                yield child_result(child)

    def checkpoint(self, value: Any) -> None:
        """Stores a JSON value of at most 256 KiB in place of the one before. The next attempt gets it.

        Calls run one after the other. Raises NonRetryable for a value that is not JSON or is too large.
        """
        try:
            text = json_text(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise NonRetryable("MALFORMED", f"The checkpoint is not JSON: {error}.") from error
        if len(text.encode()) > CHECKPOINT_BYTES:
            raise NonRetryable("TOO_LARGE", f"The checkpoint is larger than {CHECKPOINT_BYTES} bytes.")
        request = pb.SaveCheckpointRequest(lease=self._assignment.lease, checkpoint_json=text)
        with self._checkpoint_lock:
            self._port.call(pb.WorkerService.SaveCheckpoint, request)

    def read_document(self, document_id: str) -> Iterator[bytes]:
        """Yields the content of one of `document_ids` in pieces of at most 64 KiB, from the scheduler.

        Raises JobFailure with the scheduler's reason, or if the content is not complete.
        """
        request = pb.DownloadDocumentRequest(lease=self._assignment.lease, document_id=document_id)
        expected: int | None = None
        received = 0
        for response in self._port.download(request):
            if response.WhichOneof("part") == "document":
                expected = response.document.size
            else:
                received += len(response.content)
                yield response.content
        # A stream that breaks may look like its end.
        if expected is None:
            raise JobFailure("SCHEDULER_REFUSED", f"The document {document_id} ended before it began.")
        if received != expected:
            message = f"The document {document_id} ended after {received} of {expected} bytes."
            raise JobFailure("SCHEDULER_REFUSED", message)

    def store_document(self, content: str | bytes | Path, *, name: str = "", content_type: str = "") -> StoredDocument:
        """Stores a text, bytes or a file under the API key of the job, such as a result that is longer than 1 MiB.

        Return its id in the result. It counts against what the documents of the key may take. `name` is without a path;
        default: that of the file. The type is detected from the content unless it is given. Raises JobFailure with the
        scheduler's reason, such as NOT_IMPLEMENTED if it has no document store that it may write to.
        """
        if isinstance(content, Path):
            name = name or content.name
        elif isinstance(content, str):
            content = content.encode()
        lease = self._assignment.lease
        header = pb.StoreDocumentHeader(lease=lease, name=name, content_type=content_type)
        return stored_document(self._port.store(header, content))
