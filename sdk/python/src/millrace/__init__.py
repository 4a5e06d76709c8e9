"""Millrace: submit jobs, and write workers that run them."""

from millrace._status import Violation
from millrace._version import VERSION as __version__
from millrace.client.async_client import AsyncClient
from millrace.client.async_group_handle import AsyncGroupHandle
from millrace.client.client import Client
from millrace.client.documents import Document
from millrace.client.events import (
    DataEvent,
    JobEvent,
    ProgressEvent,
    ResetEvent,
    TextEvent,
    TextPiece,
    WatchEvent,
)
from millrace.client.explanation import Constraint, Explanation, RouteExplanation
from millrace.client.group_handle import GroupHandle
from millrace.client.groups import Group, GroupOptions, GroupProgress
from millrace.client.jobs import (
    Callback,
    Deduplication,
    Failure,
    Job,
    JobOptions,
    JobRoute,
    NewJob,
    RetryPolicy,
    Submitted,
)
from millrace.client.quote import JobQuote, Quote, QuotedRange, QuotedTimes
from millrace.client.usage import Usage
from millrace.errors import JobEnded, MillraceError
from millrace.tls import Tls
from millrace.webhooks import WebhookInvalid, verify_webhook
from millrace.worker.async_context import AsyncContext
from millrace.worker.children import Child, ChildFailure, ChildResult, FanOutResult
from millrace.worker.context import Context
from millrace.worker.failures import (
    AttemptStopped,
    JobFailure,
    NonRetryable,
    ProviderAnswer,
    ProviderRefused,
    WaitingForChildren,
    WorkerRefused,
)
from millrace.worker.stored_document import StoredDocument
from millrace.worker.worker import Worker

__all__ = [
    "AsyncClient",
    "AsyncContext",
    "AsyncGroupHandle",
    "AttemptStopped",
    "Callback",
    "Child",
    "ChildFailure",
    "ChildResult",
    "Client",
    "Constraint",
    "Context",
    "DataEvent",
    "Deduplication",
    "Document",
    "Explanation",
    "Failure",
    "FanOutResult",
    "Group",
    "GroupHandle",
    "GroupOptions",
    "GroupProgress",
    "Job",
    "JobEnded",
    "JobEvent",
    "JobFailure",
    "JobOptions",
    "JobQuote",
    "JobRoute",
    "MillraceError",
    "NewJob",
    "NonRetryable",
    "ProgressEvent",
    "ProviderAnswer",
    "ProviderRefused",
    "Quote",
    "QuotedRange",
    "QuotedTimes",
    "ResetEvent",
    "RetryPolicy",
    "RouteExplanation",
    "StoredDocument",
    "Submitted",
    "TextEvent",
    "TextPiece",
    "Tls",
    "Usage",
    "Violation",
    "WaitingForChildren",
    "WatchEvent",
    "WebhookInvalid",
    "Worker",
    "WorkerRefused",
    "__version__",
    "verify_webhook",
]
