"""Documents: what is uploaded once and named by jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from millrace._proto.documents.v1 import document_service_pb2 as pb
from millrace._times import timestamp_of
from millrace.client.jobs import when

PIECE_BYTES = 256 * 1024
"""Well below the 1 MiB that one message may hold."""

DocumentSource = str | Path | bytes | Iterable[bytes]
"""A path, the bytes themselves, or pieces of bytes."""


@dataclass(frozen=True)
class Document:
    """The metadata of a stored document."""

    id: str
    name: str
    content_type: str
    size: int
    """In bytes."""
    sha256: str
    create_time: datetime | None
    expire_time: datetime | None
    """When it will be deleted, unless a job names it that has not finished."""
    unreadable: str | None
    """Why workers cannot read its text, as the end of a sentence that begins with "the document"."""


def document_of(message: pb.Document) -> Document:
    """Converts a document."""
    return Document(
        id=message.id,
        name=message.name,
        content_type=message.content_type,
        size=message.size,
        sha256=message.sha256,
        create_time=when(message, "create_time", message.create_time),
        expire_time=when(message, "expire_time", message.expire_time),
        unreadable=message.unreadable or None,
    )


def is_repeatable(source: DocumentSource) -> bool:
    """Whether the source can be read again. Pieces cannot."""
    return isinstance(source, (str, Path, bytes))


def header_of(
    source: DocumentSource, name: str | None, content_type: str, expire_time: datetime | None
) -> pb.UploadDocumentHeader:
    """What is said of a document before its content. A path gives it a name."""
    if name is None:
        name = Path(source).name if isinstance(source, (str, Path)) else ""
    return pb.UploadDocumentHeader(
        name=name,
        content_type=content_type,
        expire_time=None if expire_time is None else timestamp_of(expire_time),
    )


def upload_parts(
    source: DocumentSource, name: str | None, content_type: str, expire_time: datetime | None
) -> Iterator[pb.UploadDocumentRequest]:
    """Yields the messages of an upload. Without the last one the gateway stores nothing."""
    yield pb.UploadDocumentRequest(header=header_of(source, name, content_type, expire_time))
    for piece in pieces(source):
        yield pb.UploadDocumentRequest(content=piece)
    yield pb.UploadDocumentRequest(end=pb.UploadDocumentEnd())


def pieces(source: DocumentSource) -> Iterator[bytes]:
    """Yields the content in pieces that fit into a message."""
    if isinstance(source, (str, Path)):
        with open(source, "rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece
        return
    for chunk in [source] if isinstance(source, bytes) else source:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]
