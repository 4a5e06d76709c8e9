# Generated from millrace/documents/v1/document_service.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool

class Document(_pool.Message):
    id: str
    name: str
    content_type: str
    size: int
    sha256: str
    @property
    def create_time(self) -> _pool.Timestamp: ...
    @property
    def expire_time(self) -> _pool.Timestamp: ...
    unreadable: str
    def __init__(
        self,
        *,
        id: str | None = None,
        name: str | None = None,
        content_type: str | None = None,
        size: int | None = None,
        sha256: str | None = None,
        create_time: _pool.Timestamp | None = None,
        expire_time: _pool.Timestamp | None = None,
        unreadable: str | None = None,
    ) -> None: ...

class UploadDocumentRequest(_pool.Message):
    @property
    def header(self) -> UploadDocumentHeader: ...
    content: bytes
    @property
    def end(self) -> UploadDocumentEnd: ...
    def __init__(
        self,
        *,
        header: UploadDocumentHeader | None = None,
        content: bytes | None = None,
        end: UploadDocumentEnd | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["header", "content", "end"] | None: ...

class UploadDocumentEnd(_pool.Message):
    def __init__(self) -> None: ...

class UploadDocumentHeader(_pool.Message):
    name: str
    content_type: str
    @property
    def expire_time(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        name: str | None = None,
        content_type: str | None = None,
        expire_time: _pool.Timestamp | None = None,
    ) -> None: ...

class UploadDocumentResponse(_pool.Message):
    @property
    def document(self) -> Document: ...
    existing: bool
    def __init__(
        self,
        *,
        document: Document | None = None,
        existing: bool | None = None,
    ) -> None: ...

class ListDocumentsRequest(_pool.Message):
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> None: ...

class ListDocumentsResponse(_pool.Message):
    @property
    def documents(self) -> _pool.Messages[Document]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        documents: Iterable[Document] | None = None,
        next_page_token: str | None = None,
    ) -> None: ...

class DeleteDocumentRequest(_pool.Message):
    document_id: str
    def __init__(
        self,
        *,
        document_id: str | None = None,
    ) -> None: ...

class DeleteDocumentResponse(_pool.Message):
    def __init__(self) -> None: ...

class GetDocumentRequest(_pool.Message):
    document_id: str
    def __init__(
        self,
        *,
        document_id: str | None = None,
    ) -> None: ...

class GetDocumentResponse(_pool.Message):
    @property
    def document(self) -> Document: ...
    def __init__(
        self,
        *,
        document: Document | None = None,
    ) -> None: ...

class DownloadDocumentRequest(_pool.Message):
    document_id: str
    def __init__(
        self,
        *,
        document_id: str | None = None,
    ) -> None: ...

class DownloadDocumentResponse(_pool.Message):
    @property
    def document(self) -> Document: ...
    content: bytes
    def __init__(
        self,
        *,
        document: Document | None = None,
        content: bytes | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["document", "content"] | None: ...

class CreateUploadRequest(_pool.Message):
    @property
    def header(self) -> UploadDocumentHeader: ...
    size: int
    sha256: str
    def __init__(
        self,
        *,
        header: UploadDocumentHeader | None = None,
        size: int | None = None,
        sha256: str | None = None,
    ) -> None: ...

class CreateUploadResponse(_pool.Message):
    upload_id: str
    url: str
    @property
    def headers(self) -> _pool.Map[str, str]: ...
    @property
    def expire_time(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        upload_id: str | None = None,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        expire_time: _pool.Timestamp | None = None,
    ) -> None: ...

class CompleteUploadRequest(_pool.Message):
    upload_id: str
    def __init__(
        self,
        *,
        upload_id: str | None = None,
    ) -> None: ...

class CompleteUploadResponse(_pool.Message):
    @property
    def document(self) -> Document: ...
    existing: bool
    def __init__(
        self,
        *,
        document: Document | None = None,
        existing: bool | None = None,
    ) -> None: ...

class CreateDownloadRequest(_pool.Message):
    document_id: str
    def __init__(
        self,
        *,
        document_id: str | None = None,
    ) -> None: ...

class CreateDownloadResponse(_pool.Message):
    url: str
    @property
    def expire_time(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        url: str | None = None,
        expire_time: _pool.Timestamp | None = None,
    ) -> None: ...

class DocumentService:
    UploadDocument: _pool.StreamUnary[UploadDocumentRequest, UploadDocumentResponse]
    GetDocument: _pool.UnaryUnary[GetDocumentRequest, GetDocumentResponse]
    ListDocuments: _pool.UnaryUnary[ListDocumentsRequest, ListDocumentsResponse]
    DeleteDocument: _pool.UnaryUnary[DeleteDocumentRequest, DeleteDocumentResponse]
    DownloadDocument: _pool.UnaryStream[DownloadDocumentRequest, DownloadDocumentResponse]
    CreateUpload: _pool.UnaryUnary[CreateUploadRequest, CreateUploadResponse]
    CompleteUpload: _pool.UnaryUnary[CompleteUploadRequest, CompleteUploadResponse]
    CreateDownload: _pool.UnaryUnary[CreateDownloadRequest, CreateDownloadResponse]
