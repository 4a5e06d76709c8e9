"""Documents that come through the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import grpc

from millrace._proto.documents.v1 import document_service_pb2 as documents_pb
from millrace.client.async_connection import AsyncConnection
from millrace.client.calling import incomplete
from millrace.client.connection import Connection
from millrace.errors import error_of_call


def download(connection: Connection, document_id: str, timeout: float | None) -> Iterator[bytes]:
    """Yields the content of a document in pieces."""
    method = documents_pb.DocumentService.DownloadDocument
    request = documents_pb.DownloadDocumentRequest(document_id=document_id)

    def begin(seconds_left: float) -> tuple[int, Iterator[documents_pb.DownloadDocumentResponse]]:
        whole = None if timeout is None else max(0.001, seconds_left)
        first, parts = connection.begin_stream(method, request, whole, seconds_left)
        if first is None:
            raise incomplete(document_id, 0, None)
        return first.document.size, parts

    expected, parts = connection.repeat(begin, timeout)
    received = 0
    try:
        for part in parts:
            received += len(part.content)
            yield part.content
    except grpc.RpcError as error:
        raise error_of_call(error) from error
    if received != expected:
        raise incomplete(document_id, received, expected)


async def download_async(connection: AsyncConnection, document_id: str, timeout: float | None) -> AsyncIterator[bytes]:
    """Yields the content of a document in pieces."""
    method = documents_pb.DocumentService.DownloadDocument
    request = documents_pb.DownloadDocumentRequest(document_id=document_id)

    async def begin(seconds_left: float) -> tuple[int, AsyncIterator[documents_pb.DownloadDocumentResponse]]:
        whole = None if timeout is None else max(0.001, seconds_left)
        first, parts = await connection.begin_stream(method, request, whole, seconds_left)
        if first is None:
            raise incomplete(document_id, 0, None)
        return first.document.size, parts

    expected, parts = await connection.repeat(begin, timeout)
    received = 0
    try:
        async for part in parts:
            received += len(part.content)
            yield part.content
    except grpc.RpcError as error:
        raise error_of_call(error) from error
    if received != expected:
        raise incomplete(document_id, received, expected)
