"""What an executor in a process reads, with the worker's end of the pipe in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from typing import Any

import pytest

from millrace import Context, JobFailure
from millrace._proto.documents.v1 import document_service_pb2 as documents_pb
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.child import _PipePort
from millrace.worker.processes import _served

Source = Callable[[], Iterator[pb.DownloadDocumentResponse]]


class Attempt:
    """Its downloads are scripted, one after the other."""

    def __init__(self, sources: list[Source]) -> None:
        self._sources = sources
        self.closed: list[int] = []

    def download(self, request: pb.DownloadDocumentRequest) -> Iterator[pb.DownloadDocumentResponse]:
        number, source = len(self.closed) + 1, self._sources.pop(0)
        try:
            yield from source()
        finally:
            self.closed.append(number)

    def write(self, text: str) -> None: ...


@contextmanager
def process_of(*sources: Source) -> Iterator[tuple[Context, Attempt]]:
    ours, theirs = Pipe()
    attempt: Any = Attempt(list(sources))
    worker = threading.Thread(target=_served, args=(ours, attempt))
    worker.start()
    yield Context(pb.Assignment(), _PipePort(theirs)), attempt
    theirs.send(("ended", b""))
    worker.join()


def whole() -> Iterator[pb.DownloadDocumentResponse]:
    yield pb.DownloadDocumentResponse(document=documents_pb.Document(size=4))
    yield pb.DownloadDocumentResponse(content=b"ab")
    yield pb.DownloadDocumentResponse(content=b"cd")


def refused() -> Iterator[pb.DownloadDocumentResponse]:
    raise JobFailure("DOCUMENT_GONE", "not now")
    yield


def nothing() -> Iterator[pb.DownloadDocumentResponse]:
    yield from ()


def test_a_document_is_read_again_after_a_read_that_failed() -> None:
    with process_of(refused, whole) as (context, _):
        with pytest.raises(JobFailure, match="not now"):
            b"".join(context.read_document("d"))
        assert b"".join(context.read_document("d")) == b"abcd"


def test_two_reads_of_one_document_do_not_share_its_pieces() -> None:
    with process_of(whole, whole) as (context, _):
        first, second = context.read_document("d"), context.read_document("d")
        assert [next(first), *second, *first] == [b"ab", b"ab", b"cd", b"cd"]


def test_a_read_that_is_given_up_is_closed() -> None:
    with process_of(whole, whole, whole) as (context, attempt):
        given_up = context.read_document("d")
        assert next(given_up) == b"ab"
        del given_up
        context.write("next")
        assert attempt.closed == [1]
        assert b"".join(context.read_document("d")) == b"abcd"
        unfinished = context.read_document("d")
        next(unfinished)
    assert attempt.closed == [1, 2, 3]


def test_a_stream_without_a_header_is_not_complete() -> None:
    with process_of(nothing) as (context, _), pytest.raises(JobFailure, match="before it began"):
        b"".join(context.read_document("d"))
