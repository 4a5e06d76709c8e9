"""What a watch of a job yields, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from millrace._proto.jobs.v1 import job_pb2, job_service_pb2
from millrace._status import CallStatus
from millrace.client.jobs import Job, job_of, when
from millrace.errors import MillraceError


@dataclass(frozen=True)
class JobEvent:
    """The job, without its payload: at the start, at each change, and in its final state once, after all output."""

    job: Job


@dataclass(frozen=True)
class _Piece:
    offset: int
    """The place in all output of the job, from 0 without gaps. To continue later, watch from this plus 1."""
    attempt: int
    time: datetime | None


@dataclass(frozen=True)
class TextEvent(_Piece):
    """Text to append to the text before."""

    text: str


@dataclass(frozen=True)
class DataEvent(_Piece):
    """Bytes in a format of the executor."""

    data: bytes


@dataclass(frozen=True)
class ProgressEvent(_Piece):
    """How many parts are done, of how many; a total of 0 is not known."""

    done: int
    total: int
    message: str


@dataclass(frozen=True)
class ResetEvent(_Piece):
    """A new attempt begins: discard the output of the attempts before."""


WatchEvent = JobEvent | TextEvent | DataEvent | ProgressEvent | ResetEvent


@dataclass(frozen=True)
class TextPiece:
    """A piece of a job's text. `reset`: a new attempt begins, so discard the text before; `text` is then empty."""

    text: str
    reset: bool = False


class Watching:
    """Where a watch stands. After a cut the next call begins at `next_offset`, so each chunk is seen once."""

    def __init__(self, job_id: str, from_offset: int) -> None:
        self._job_id = job_id
        self.next_offset = from_offset
        self.final: Job | None = None
        self._shown: tuple[object, ...] | None = None

    def request(self) -> job_service_pb2.WatchJobRequest:
        self.final = None
        return job_service_pb2.WatchJobRequest(job_id=self._job_id, from_offset=self.next_offset)

    def seen(self, response: job_service_pb2.WatchJobResponse) -> Iterator[WatchEvent]:
        """The events of a response that were not shown before. The final state is kept until all output has come."""
        kind = response.WhichOneof("event")
        if kind == "job":
            job = job_of(response.job)
            now = (job.state, job.attempt, job.cancel_requested, job.stalls, job.bounces)
            if job.finished:
                self.final = job
            elif now != self._shown:
                yield JobEvent(job)
            self._shown = now
        elif kind == "chunks":
            for chunk in response.chunks.chunks:
                if chunk.offset < self.next_offset:
                    continue
                self.next_offset = chunk.offset + 1
                event = _event_of(chunk)
                if event is not None:
                    yield event

    def interrupted(self) -> MillraceError:
        """The gateway ended the call before the final state."""
        message = "the gateway ended the watch before the job's final state"
        return MillraceError(CallStatus("UNAVAILABLE", message))

    def gave_up(self, error: MillraceError, seconds: float) -> MillraceError:
        """The watch could not be resumed for so long."""
        message = (
            f"the watch of {self._job_id} was cut {seconds:.0f} s ago and could not be resumed ({error.message}); "
            f"watch again from offset {self.next_offset}"
        )
        metadata = {"next_offset": str(self.next_offset)}
        return MillraceError(CallStatus(error.code, message, error.reason, metadata=metadata))


def _event_of(chunk: job_pb2.OutputChunk) -> WatchEvent | None:
    piece = (chunk.offset, chunk.attempt, when(chunk, "time", chunk.time))
    kind = chunk.WhichOneof("content")
    if kind == "text":
        return TextEvent(*piece, chunk.text)
    if kind == "data":
        return DataEvent(*piece, chunk.data)
    if kind == "progress":
        return ProgressEvent(*piece, chunk.progress.done, chunk.progress.total, chunk.progress.message)
    if kind == "reset":
        return ResetEvent(*piece)
    return None  # a newer gateway may send what this client does not know
