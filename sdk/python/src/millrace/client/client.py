"""Client: submits jobs, watches them and reads their results, with calls that block."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

import grpc

from millrace._proto.documents.v1 import document_service_pb2 as documents_pb
from millrace._proto.jobs.v1 import job_service_pb2 as jobs_pb
from millrace.client import operations
from millrace.client.calling import given_or_environment, new_job, succeeded
from millrace.client.connection import Connection
from millrace.client.direct_documents import WithoutAddresses, download_directly, upload_directly
from millrace.client.documents import Document, DocumentSource, document_of, header_of, is_repeatable, upload_parts
from millrace.client.downloads import download
from millrace.client.events import JobEvent, ResetEvent, TextEvent, TextPiece, WatchEvent, Watching
from millrace.client.explanation import Explanation
from millrace.client.group_handle import CreatedGroup, GroupHandle, create_group
from millrace.client.groups import Group
from millrace.client.jobs import Job, NewJob, Submitted, spec_of
from millrace.client.many import Many
from millrace.client.quote import Quote
from millrace.client.retrying import GIVE_UP_AFTER, Patience
from millrace.client.waiting import Waiting
from millrace.errors import MillraceError, error_of_call, is_cut
from millrace.tls import Tls

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from millrace.client.groups import GroupOptions
    from millrace.client.jobs import JobOptions


class Client:
    """Calls gateways with one API key. One client serves all threads of a process. Make it after a fork.

    Every failed call raises MillraceError. Safe calls are repeated after UNAVAILABLE, with backoff, until their
    timeout.
    """

    def __init__(
        self,
        address: str | Sequence[str] | None = None,
        *,
        api_key: str | None = None,
        tls: Tls | None = None,
        timeout: float | None = None,
    ) -> None:
        """Makes a client, which connects at its first call.

        address: the gateway's host:port, or several, of which each call takes the next. MILLRACE_ADDRESS, or
            127.0.0.1:7400.
        api_key: ``mr_…``, sent with each call; without `tls` it is sent unencrypted. MILLRACE_API_KEY.
        timeout: of a call that names none, in seconds. Default: 60.
        """
        self._connection = Connection(*given_or_environment(address, api_key), tls, timeout)

    def submit(
        self, job_type: str, payload: Any = None, *, timeout: float | None = None, **options: Unpack[JobOptions]
    ) -> Submitted:
        """Submits a job and returns when it is durable. JobOptions lists the options.

        With an idempotency_key the call is repeated after a broken connection. Without one it raises ANSWER_LOST then.
        """
        return self._connection.ask(operations.submit(new_job(job_type, payload, options)), timeout)

    def submit_many(self, jobs: Iterable[NewJob], *, timeout: float | None = None) -> list[Submitted | MillraceError]:
        """Submits many jobs, each independent of the others. Returns what became of each, in order; none raises."""
        many = Many([spec_of(job) for job in jobs], self._connection.timeout if timeout is None else timeout)
        while (call := many.next_call()) is not None:
            try:
                many.answered(self._connection.once(call, many.seconds_left))
            except grpc.RpcError as error:
                many.failed(error_of_call(error))
            time.sleep(many.pause())
        return many.outcomes

    def run(
        self, job_type: str, payload: Any = None, *, timeout: float | None = None, **options: Unpack[JobOptions]
    ) -> Job:
        """Submits a job and returns it when it has succeeded. Raises JobEnded if it ends without a result.

        Without a timeout (in seconds) it waits as long as the job takes. After a timeout the job continues.
        """
        until = None if timeout is None else time.monotonic() + timeout
        submitted = self.submit(job_type, payload, timeout=timeout, **options)
        return succeeded(self.wait(submitted.job_id, timeout=None if until is None else until - time.monotonic()))

    def wait(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Returns the job in its final state, success or not. Broken connections only delay it.

        Without a timeout (in seconds) it waits for ever. After a timeout it raises DEADLINE_EXCEEDED.
        """
        waiting = Waiting(f"job {job_id}", timeout)
        while True:
            seconds = waiting.next_call()
            error = None
            try:
                job = self._connection.once(operations.get_job(job_id, seconds), seconds + 10)
                if job.finished:
                    return job
            except grpc.RpcError as failed:
                error = error_of_call(failed)
            time.sleep(waiting.pause(error))

    def get_job(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Returns the current state of a job, with its payload."""
        return self._connection.ask(operations.get_job(job_id), timeout)

    def cancel(self, job_id: str, *, reason: str = "", timeout: float | None = None) -> Job:
        """Cancels a job: a waiting one at once; a running one has `cancel_requested` until its worker has stopped."""
        return self._connection.ask(operations.cancel(job_id, reason), timeout)

    def list_jobs(
        self,
        queue: str = "documents",
        *,
        states: Sequence[str] = (),
        type: str = "",
        label: tuple[str, str] | None = None,
        timeout: float | None = None,
    ) -> Iterator[Job]:
        """Yields the key's jobs in a queue, newest first, without payloads and results. It fetches pages as needed."""
        token = ""
        while True:
            page = operations.list_jobs(queue, states, type, label, token)
            jobs, token = self._connection.ask(page, timeout)
            yield from jobs
            if not token:
                return

    def quote(self, jobs: Iterable[NewJob], *, timeout: float | None = None) -> Quote:
        """Says what up to 1,000 jobs would spend, and when they would run. It submits and reserves nothing."""
        return self._connection.ask(operations.quote([spec_of(job) for job in jobs]), timeout)

    def explain(self, job_id: str, *, timeout: float | None = None) -> Explanation:
        """Says why a job waits, and when it may start."""
        return self._connection.ask(operations.explain(job_id), timeout)

    def watch(self, job_id: str, *, from_offset: int = 0, give_up_after: float = GIVE_UP_AFTER) -> Iterator[WatchEvent]:
        """Yields every event of a job, from `from_offset` to its final state, also if it has ended long ago.

        After a broken connection the watch goes on at the next chunk. If that takes longer than `give_up_after`
        seconds, it raises, and the error's metadata has `next_offset`. Leaving the loop ends the watch, not the job.
        """
        watching = Watching(job_id, from_offset)
        patience = Patience(give_up_after)
        while True:
            try:
                for response in self._connection.stream(jobs_pb.JobService.WatchJob, watching.request()):
                    patience.progressed()
                    yield from watching.seen(response)
                error = watching.interrupted()
            except grpc.RpcError as failed:
                error = error_of_call(failed)
                if error.reason == "OUTPUT_GONE" and watching.final is not None:
                    yield JobEvent(watching.final)
                if not is_cut(error):
                    raise error from failed
            else:
                if watching.final is not None:
                    yield JobEvent(watching.final)
                    return
            wait = patience.next_wait(error)
            if wait is None:
                raise watching.gave_up(error, patience.cut_seconds)
            time.sleep(wait)

    def text(self, job_id: str, *, from_offset: int = 0, give_up_after: float = GIVE_UP_AFTER) -> Iterator[TextPiece]:
        """Yields the text of a job while it is written. Raises JobEnded if the job ends without a result."""
        for event in self.watch(job_id, from_offset=from_offset, give_up_after=give_up_after):
            if isinstance(event, TextEvent):
                yield TextPiece(event.text)
            elif isinstance(event, ResetEvent):
                yield TextPiece("", reset=True)
            elif isinstance(event, JobEvent) and event.job.finished:
                succeeded(event.job)

    def upload_document(
        self,
        source: DocumentSource,
        *,
        name: str | None = None,
        content_type: str = "",
        expire_time: datetime | None = None,
        direct: bool = False,
        timeout: float | None = None,
    ) -> Document:
        """Stores a document: a path, bytes, or pieces of bytes. Only a path or bytes are uploaded again after a cut.

        `name` is without a path; default: that of the path. The gateway detects the type unless it is given.

        With `direct`, a path or bytes go to the object store, past the gateway. Where documents are in a directory,
        they go to the gateway.
        """
        if direct:
            header = header_of(source, name, content_type, expire_time)
            with suppress(WithoutAddresses):
                return upload_directly(self._connection, source, header, timeout)

        def attempt(seconds_left: float) -> Document:
            parts = upload_parts(source, name, content_type, expire_time)
            answer = self._connection.upload(documents_pb.DocumentService.UploadDocument, parts, seconds_left)
            return document_of(answer.document)

        return self._connection.repeat(attempt, timeout, is_repeatable(source))

    def get_document(self, document_id: str, *, timeout: float | None = None) -> Document:
        """Returns the metadata of a document."""
        return self._connection.ask(operations.get_document(document_id), timeout)

    def list_documents(self, *, timeout: float | None = None) -> Iterator[Document]:
        """Yields the documents of the key, newest first."""
        token = ""
        while True:
            documents, token = self._connection.ask(operations.list_documents(token), timeout)
            yield from documents
            if not token:
                return

    def delete_document(self, document_id: str, *, timeout: float | None = None) -> None:
        """Deletes a document for good. Raises DOCUMENT_IN_USE while an unfinished job or a schedule names it."""
        self._connection.ask(operations.delete_document(document_id), timeout)

    def download_document(
        self, document_id: str, *, direct: bool = False, timeout: float | None = None
    ) -> Iterator[bytes]:
        """Yields the content of a document in pieces. A failure after the first piece is raised, not repeated.

        Without a timeout, only the wait for the first piece is bounded, by the client's.
        With `direct`, the content comes from the object store, or from the gateway where documents are in a directory.
        """
        if direct:
            with suppress(WithoutAddresses):
                yield from download_directly(self._connection, document_id, timeout)
                return
        yield from download(self._connection, document_id, timeout)

    def create_group(
        self,
        jobs: Iterable[NewJob] = (),
        *,
        queue: str = "documents",
        close: bool = False,
        timeout: float | None = None,
        **options: Unpack[GroupOptions],
    ) -> CreatedGroup:
        """Makes a group of any number of children. With `close` no more will join. GroupOptions lists the options.

        It is not repeated by itself: after UNAVAILABLE or DEADLINE_EXCEEDED the group may exist all the same. If a
        child is refused, the group stays open; `outcomes` of the created group says why.
        """
        return create_group(self, self._connection, list(jobs), queue, close, timeout, options)

    def group(self, group_id: str) -> GroupHandle:
        """Returns the handle of a group that exists."""
        return GroupHandle(self, self._connection, group_id)

    def list_groups(self, queue: str = "documents", *, timeout: float | None = None) -> Iterator[Group]:
        """Yields the key's groups in a queue, newest first."""
        token = ""
        while True:
            groups, token = self._connection.ask(operations.list_groups(queue, token), timeout)
            yield from groups
            if not token:
                return

    def close(self) -> None:
        """Ends the connection, and with it calls that are under way. The jobs continue."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
