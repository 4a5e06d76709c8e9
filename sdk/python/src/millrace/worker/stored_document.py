"""A document that an attempt has stored."""

from __future__ import annotations

from dataclasses import dataclass

from millrace._proto.workers.v1 import worker_service_pb2 as pb


@dataclass(frozen=True)
class StoredDocument:
    """A stored document. Jobs may name its id, and callers download it with the API key of the job."""

    id: str
    name: str
    content_type: str
    size: int
    """In bytes."""
    sha256: str
    existing: bool
    """The key had stored the same content before, and this is that document."""


def stored_document(answer: pb.StoreDocumentResponse) -> StoredDocument:
    """Converts the scheduler's answer."""
    one = answer.document
    return StoredDocument(one.id, one.name, one.content_type, one.size, one.sha256, answer.existing)
