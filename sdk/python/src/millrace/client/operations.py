"""The calls that have one answer: the same for the blocking and the asyncio client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from millrace import _pool
from millrace._limits import JOBS_PER_SUBMIT, MESSAGE_BYTES
from millrace._pool import Message
from millrace._proto.documents.v1 import document_service_pb2 as documents_pb
from millrace._proto.jobs.v1 import group_service_pb2 as groups_pb
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.jobs.v1 import job_service_pb2 as jobs_pb
from millrace._status import status_of_message
from millrace._times import duration_of
from millrace.client.documents import Document, document_of
from millrace.client.explanation import Explanation, explanation_of
from millrace.client.groups import Group, group_of
from millrace.client.jobs import Job, NewJob, Submitted, job_of, spec_of
from millrace.client.quote import Quote, quote_of
from millrace.client.retrying import Learned
from millrace.errors import MillraceError, of_submission
from millrace.worker.children import ChildResult, child_result

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)
T = TypeVar("T")

Page = tuple[list[T], str]
"""Items, and the token of the next page; empty: it is the last."""


@dataclass(frozen=True)
class Operation(Generic[Req, Res, T]):
    """A call: its request, how its answer is read, and whether it is safe to repeat."""

    method: _pool.UnaryUnary[Req, Res]
    request: Req
    read: Callable[[Res], T]
    repeatable: bool = True
    learned: Learned | None = None


def submit(job: NewJob) -> Operation[jobs_pb.SubmitJobRequest, jobs_pb.SubmitJobResponse, Submitted]:
    spec = spec_of(job)
    has_key = spec.idempotency_key != ""
    return Operation(
        jobs_pb.JobService.SubmitJob,
        jobs_pb.SubmitJobRequest(job=spec),
        lambda answer: Submitted(answer.job.id, answer.existing),
        repeatable=has_key,
        learned=lambda error: of_submission(error, has_key),
    )


def submit_jobs(
    specs: Sequence[job_pb2.JobSpec],
) -> Operation[jobs_pb.SubmitJobsRequest, jobs_pb.SubmitJobsResponse, list[Submitted | MillraceError]]:
    return Operation(
        jobs_pb.JobService.SubmitJobs,
        jobs_pb.SubmitJobsRequest(jobs=specs),
        lambda answer: [outcome_of(result) for result in answer.results],
        repeatable=all(spec.idempotency_key != "" for spec in specs),
    )


def outcome_of(result: jobs_pb.SubmitResult) -> Submitted | MillraceError:
    """What the gateway answered to one of several jobs."""
    if result.WhichOneof("result") == "job_id":
        return Submitted(result.job_id, result.existing)
    return MillraceError(status_of_message(result.error))


def batches(specs: Sequence[job_pb2.JobSpec]) -> Iterator[list[job_pb2.JobSpec]]:
    """Cuts jobs into calls of at most 1,000 jobs and 3 MiB."""
    batch: list[job_pb2.JobSpec] = []
    size = 0
    for spec in specs:
        bytes_ = spec.ByteSize() + 8
        if batch and (len(batch) == JOBS_PER_SUBMIT or size + bytes_ > MESSAGE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(spec)
        size += bytes_
    if batch:
        yield batch


def get_job(job_id: str, wait: float | None = None) -> Operation[jobs_pb.GetJobRequest, jobs_pb.GetJobResponse, Job]:
    request = jobs_pb.GetJobRequest(job_id=job_id, wait=None if wait is None else duration_of(wait))
    return Operation(jobs_pb.JobService.GetJob, request, lambda answer: job_of(answer.job))


def cancel(job_id: str, reason: str) -> Operation[jobs_pb.CancelJobRequest, jobs_pb.CancelJobResponse, Job]:
    request = jobs_pb.CancelJobRequest(job_id=job_id, reason=reason)
    return Operation(jobs_pb.JobService.CancelJob, request, lambda answer: job_of(answer.job))


def list_jobs(
    queue: str, states: Sequence[str], type_: str, label: tuple[str, str] | None, page_token: str
) -> Operation[jobs_pb.ListJobsRequest, jobs_pb.ListJobsResponse, Page[Job]]:
    request = jobs_pb.ListJobsRequest(
        queue=queue,
        states=[job_pb2.JobState.Value(f"JOB_STATE_{state}") for state in states],
        type=type_,
        label="" if label is None else f"{label[0]}={label[1]}",
        page_token=page_token,
    )
    return Operation(
        jobs_pb.JobService.ListJobs,
        request,
        lambda answer: ([job_of(job) for job in answer.jobs], answer.next_page_token),
    )


def explain(job_id: str) -> Operation[jobs_pb.ExplainJobRequest, jobs_pb.ExplainJobResponse, Explanation]:
    return Operation(jobs_pb.JobService.ExplainJob, jobs_pb.ExplainJobRequest(job_id=job_id), explanation_of)


def quote(
    specs: Sequence[job_pb2.JobSpec],
) -> Operation[jobs_pb.QuoteJobsRequest, jobs_pb.QuoteJobsResponse, Quote]:
    return Operation(jobs_pb.JobService.QuoteJobs, jobs_pb.QuoteJobsRequest(jobs=specs), quote_of)


def get_document(
    document_id: str,
) -> Operation[documents_pb.GetDocumentRequest, documents_pb.GetDocumentResponse, Document]:
    request = documents_pb.GetDocumentRequest(document_id=document_id)
    return Operation(documents_pb.DocumentService.GetDocument, request, lambda answer: document_of(answer.document))


def create_upload(
    header: documents_pb.UploadDocumentHeader, size: int, sha256: str
) -> Operation[documents_pb.CreateUploadRequest, documents_pb.CreateUploadResponse, documents_pb.CreateUploadResponse]:
    request = documents_pb.CreateUploadRequest(header=header, size=size, sha256=sha256)
    return Operation(documents_pb.DocumentService.CreateUpload, request, lambda answer: answer)


def complete_upload(
    upload_id: str,
) -> Operation[documents_pb.CompleteUploadRequest, documents_pb.CompleteUploadResponse, Document]:
    request = documents_pb.CompleteUploadRequest(upload_id=upload_id)
    return Operation(documents_pb.DocumentService.CompleteUpload, request, lambda answer: document_of(answer.document))


def create_download(
    document_id: str,
) -> Operation[documents_pb.CreateDownloadRequest, documents_pb.CreateDownloadResponse, str]:
    request = documents_pb.CreateDownloadRequest(document_id=document_id)
    return Operation(documents_pb.DocumentService.CreateDownload, request, lambda answer: answer.url)


def list_documents(
    page_token: str,
) -> Operation[documents_pb.ListDocumentsRequest, documents_pb.ListDocumentsResponse, Page[Document]]:
    return Operation(
        documents_pb.DocumentService.ListDocuments,
        documents_pb.ListDocumentsRequest(page_token=page_token),
        lambda answer: ([document_of(one) for one in answer.documents], answer.next_page_token),
    )


def delete_document(
    document_id: str,
) -> Operation[documents_pb.DeleteDocumentRequest, documents_pb.DeleteDocumentResponse, None]:
    request = documents_pb.DeleteDocumentRequest(document_id=document_id)
    return Operation(documents_pb.DocumentService.DeleteDocument, request, lambda answer: None)


def create_group(
    request: groups_pb.CreateGroupRequest,
) -> Operation[
    groups_pb.CreateGroupRequest, groups_pb.CreateGroupResponse, tuple[Group, list[Submitted | MillraceError]]
]:
    """It is not repeated: a second call makes a second group."""
    return Operation(
        groups_pb.GroupService.CreateGroup,
        request,
        lambda answer: (group_of(answer.group), [outcome_of(result) for result in answer.results]),
        repeatable=False,
    )


def close_group(group_id: str) -> Operation[groups_pb.CloseGroupRequest, groups_pb.CloseGroupResponse, Group]:
    request = groups_pb.CloseGroupRequest(group_id=group_id)
    return Operation(groups_pb.GroupService.CloseGroup, request, lambda answer: group_of(answer.group))


def get_group(
    group_id: str, wait: float | None = None
) -> Operation[groups_pb.GetGroupRequest, groups_pb.GetGroupResponse, Group]:
    request = groups_pb.GetGroupRequest(group_id=group_id, wait=None if wait is None else duration_of(wait))
    return Operation(groups_pb.GroupService.GetGroup, request, lambda answer: group_of(answer.group))


def cancel_group(
    group_id: str, reason: str
) -> Operation[groups_pb.CancelGroupRequest, groups_pb.CancelGroupResponse, Group]:
    request = groups_pb.CancelGroupRequest(group_id=group_id, reason=reason)
    return Operation(groups_pb.GroupService.CancelGroup, request, lambda answer: group_of(answer.group))


def list_groups(
    queue: str, page_token: str
) -> Operation[groups_pb.ListGroupsRequest, groups_pb.ListGroupsResponse, Page[Group]]:
    return Operation(
        groups_pb.GroupService.ListGroups,
        groups_pb.ListGroupsRequest(queue=queue, page_token=page_token),
        lambda answer: ([group_of(group) for group in answer.groups], answer.next_page_token),
    )


def group_children(
    group_id: str, after_index: int
) -> Operation[groups_pb.ListGroupChildrenRequest, groups_pb.ListGroupChildrenResponse, tuple[list[ChildResult], bool]]:
    request = groups_pb.ListGroupChildrenRequest(group_id=group_id, after_index=after_index, page_size=JOBS_PER_SUBMIT)
    return Operation(
        groups_pb.GroupService.ListGroupChildren,
        request,
        lambda answer: ([child_result(child) for child in answer.children], answer.more),
    )
