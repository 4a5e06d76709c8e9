"""Documents that go past the gateway, by addresses in the object store."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from millrace._proto.documents.v1 import document_service_pb2 as pb
from millrace._status import CallStatus
from millrace.client import operations
from millrace.client.async_connection import AsyncConnection
from millrace.client.connection import Connection
from millrace.client.documents import PIECE_BYTES, Document, DocumentSource, is_repeatable, pieces
from millrace.client.retrying import TryAgain
from millrace.errors import MillraceError

IDLE_SECONDS = 60.0
"""How long the object store may be silent."""

ALREADY_SENT = 412
"""The object is there: an earlier request has sent it, and its answer was lost."""

RepeatableSource = str | Path | bytes


def repeatable(source: DocumentSource) -> RepeatableSource:
    """The source, if it can be read twice: for its hash, and to send it. Else raises TypeError."""
    if is_repeatable(source):
        assert isinstance(source, (str, Path, bytes))
        return source
    raise TypeError("a direct upload needs a path or bytes: pieces cannot be read twice")


def size_and_hash(source: RepeatableSource) -> tuple[int, str]:
    """How many bytes it has, and their SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    size = 0
    for piece in pieces(source):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def put(url: str, headers: Mapping[str, str], source: RepeatableSource, size: int) -> None:
    """Sends content to an address. Raises TryAgain if that may help."""
    connection, _ = _exchange("upload", "PUT", url, {**headers, "content-length": str(size)}, source)
    connection.close()


def get(url: str) -> Iterator[bytes]:
    """Opens an address, and returns the pieces of its content. Raises TryAgain if that may help."""
    return _pieces_of(*_exchange("download", "GET", url, {}, None))


class WithoutAddresses(Exception):
    """Documents are in a directory, so only the gateway sends and takes them."""


def upload_directly(
    connection: Connection, source: DocumentSource, header: pb.UploadDocumentHeader, timeout: float | None
) -> Document:
    """Uploads past the gateway. The source is read twice. Raises WithoutAddresses."""
    content = repeatable(source)
    size, sha256 = size_and_hash(content)
    with _addresses():
        address = connection.ask(operations.create_upload(header, size, sha256), timeout)
    connection.repeat(lambda _: put(address.url, address.headers, content, size), timeout)
    return connection.ask(operations.complete_upload(address.upload_id), timeout)


def download_directly(connection: Connection, document_id: str, timeout: float | None) -> Iterator[bytes]:
    """Yields the content of a document from the object store. Raises WithoutAddresses before the first piece."""
    with _addresses():
        url = connection.ask(operations.create_download(document_id), timeout)
    yield from connection.repeat(lambda _: get(url), timeout)


async def upload_directly_async(
    connection: AsyncConnection, source: DocumentSource, header: pb.UploadDocumentHeader, timeout: float | None
) -> Document:
    """As upload_directly. Content is read and sent in a thread."""
    content = repeatable(source)
    size, sha256 = await asyncio.to_thread(size_and_hash, content)
    with _addresses():
        address = await connection.ask(operations.create_upload(header, size, sha256), timeout)

    async def send(_: float) -> None:
        await asyncio.to_thread(put, address.url, address.headers, content, size)

    await connection.repeat(send, timeout)
    return await connection.ask(operations.complete_upload(address.upload_id), timeout)


async def download_directly_async(
    connection: AsyncConnection, document_id: str, timeout: float | None
) -> AsyncIterator[bytes]:
    """As download_directly. Content is read in a thread."""
    with _addresses():
        url = await connection.ask(operations.create_download(document_id), timeout)
    pieces = await connection.repeat(lambda _: asyncio.to_thread(get, url), timeout)
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece


@contextmanager
def _addresses() -> Iterator[None]:
    try:
        yield
    except MillraceError as error:
        if error.reason == "NO_OBJECT_STORE":
            raise WithoutAddresses from error
        raise


def _exchange(
    what: str, method: str, url: str, headers: Mapping[str, str], source: RepeatableSource | None
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=IDLE_SECONDS)
    try:
        body = None if source is None else pieces(source)
        connection.request(method, f"{parts.path}?{parts.query}", body=body, headers=dict(headers))
        response = connection.getresponse()
        if response.status < 300 or response.status == ALREADY_SENT:
            return connection, response
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise TryAgain(
            _unavailable(f"the object store could not be reached for the {what}: try again later")
        ) from error
    connection.close()
    message = f"the object store answered the {what} with {response.status}"
    if response.status >= 500 or response.status == 429:
        raise TryAgain(_unavailable(f"{message}: try again later"))
    todo = "create another address, and check that the clocks and the content are right"
    raise MillraceError(CallStatus("FAILED_PRECONDITION", f"{message}: {todo}"))


def _pieces_of(connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := response.read(PIECE_BYTES):
            yield piece
        # A connection that was cut looks like the end.
        if response.length:
            raise _unavailable("the download was cut: download the document again")
    except (OSError, http.client.HTTPException) as error:
        raise _unavailable("the download was cut: download the document again") from error
    finally:
        connection.close()


def _unavailable(message: str) -> MillraceError:
    return MillraceError(CallStatus("UNAVAILABLE", message))
