"""What the clients repeat, against a gateway of the test's own. Both clients follow the same rules."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from gateway import Gateway, gateway, refuse

from millrace import AsyncClient, Client, JobEvent, MillraceError, NewJob, Submitted, TextEvent
from millrace._proto.documents.v1 import document_service_pb2 as documents_pb
from millrace._proto.google.rpc import status_pb2
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.jobs.v1 import job_service_pb2 as pb

JOBS = pb.JobService
Ask = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[Gateway]:
    with gateway() as one:
        yield one


@pytest.fixture(params=["blocking", "asyncio"])
def ask(request: pytest.FixtureRequest, server: Gateway) -> Ask:
    """Calls a method of a client by its name, and reads all that it yields."""

    def blocking(name: str, *args: Any, **kwargs: Any) -> Any:
        with Client(server.address, api_key="mr_a_b") as client:
            result = getattr(client, name)(*args, **kwargs)
            return list(result) if isinstance(result, Iterator) else result

    def in_loop(name: str, *args: Any, **kwargs: Any) -> Any:
        async def run() -> Any:
            async with AsyncClient(server.address, api_key="mr_a_b") as client:
                result = getattr(client, name)(*args, **kwargs)
                return [one async for one in result] if hasattr(result, "__aiter__") else await result

        return asyncio.run(run())

    return blocking if request.param == "blocking" else in_loop


def after_refusals(*refusals: tuple[Any, ...], then: Any) -> Callable[[Any, grpc.ServicerContext], Any]:
    """Refuses the first calls, one after the other, and then answers."""
    left = list(refusals)

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        if left:
            refuse(context, *left.pop(0))
        return then

    return answer


UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
JOB = job_pb2.Job(id="documents~key1~1", state=job_pb2.JOB_STATE_RUNNING)
STORED = pb.SubmitJobResponse(job=JOB)
DONE = job_pb2.Job(id="documents~key1~1", state=job_pb2.JOB_STATE_SUCCEEDED, result_json='{"a": 1}')


def test_a_read_is_repeated_after_unavailable(server: Gateway, ask: Ask) -> None:
    server.answers(
        JOBS.GetJob,
        after_refusals((UNAVAILABLE,), (UNAVAILABLE, "DRAINING", 1), then=pb.GetJobResponse(job=JOB)),
    )
    assert ask("get_job", "documents~key1~1").state == "RUNNING"
    assert server.calls == ["GetJob"] * 3


def test_a_refusal_is_raised_with_all_that_it_says(server: Gateway, ask: Ask) -> None:
    server.answers(JOBS.GetJob, after_refusals((EXHAUSTED, "TOO_MANY_STREAMS", 1_500, {"a.b": "wrong"}), then=None))
    with pytest.raises(MillraceError) as caught:
        ask("get_job", "x")
    error = caught.value
    assert (error.code, error.reason, error.retry_after) == ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS", 1.5)
    assert (error.retryable, error.metadata) == (True, {"limit": "5"})
    assert [(one.field, one.description) for one in error.violations] == [("a.b", "wrong")]
    assert server.calls == ["GetJob"]


def test_a_read_gives_up_at_its_timeout_with_the_last_refusal(server: Gateway, ask: Ask) -> None:
    server.answers(JOBS.GetJob, lambda request, context: refuse(context, UNAVAILABLE, "STORE_UNAVAILABLE"))
    with pytest.raises(MillraceError) as caught:
        ask("get_job", "x", timeout=0.3)
    assert caught.value.reason == "STORE_UNAVAILABLE"
    assert len(server.calls) > 1


def test_a_submission_with_a_key_is_repeated(server: Gateway, ask: Ask) -> None:
    server.answers(JOBS.SubmitJob, after_refusals((UNAVAILABLE,), then=STORED))
    assert ask("submit", "t", {}, idempotency_key="k") == Submitted("documents~key1~1", False)


def test_a_submission_without_a_key_is_repeated_only_if_it_was_not_accepted(server: Gateway, ask: Ask) -> None:
    server.answers(JOBS.SubmitJob, after_refusals((UNAVAILABLE, "DRAINING", 1), then=STORED))
    assert ask("submit", "t").job_id == "documents~key1~1"
    server.answers(JOBS.SubmitJob, after_refusals((UNAVAILABLE,), then=STORED))
    with pytest.raises(MillraceError) as caught:
        ask("submit", "t")
    assert (caught.value.reason, caught.value.retryable) == ("ANSWER_LOST", False)


MAYBE = "may have been submitted all the same"
CUTS = ["UNAVAILABLE", "CANCELLED", "INTERNAL", "UNKNOWN"]


@pytest.mark.parametrize(
    ("code", "reason", "seen"),
    [
        *[(code, None, ("UNAVAILABLE", "ANSWER_LOST")) for code in CUTS],
        *[(code, "STORE_UNAVAILABLE", (code, "STORE_UNAVAILABLE")) for code in CUTS],
        ("DEADLINE_EXCEEDED", None, ("DEADLINE_EXCEEDED", None)),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_a_submission_without_a_key_says_that_it_may_be_stored(
    server: Gateway, ask: Ask, many: bool, code: str, reason: str | None, seen: tuple[str, str | None]
) -> None:
    refusal = (grpc.StatusCode[code], reason)
    server.answers(JOBS.SubmitJob, after_refusals(refusal, then=STORED))
    server.answers(JOBS.SubmitJobs, after_refusals(refusal, then=pb.SubmitJobsResponse()))
    error = failed_submission(ask, many)
    assert ((error.code, error.reason), error.retryable) == (seen, False)
    assert MAYBE in error.message
    assert len(server.calls) == 1


@pytest.mark.parametrize("many", [False, True])
def test_a_submission_with_a_key_that_has_no_answer_in_time_can_be_made_again(
    server: Gateway, ask: Ask, many: bool
) -> None:
    late = (grpc.StatusCode.DEADLINE_EXCEEDED,)
    server.answers(JOBS.SubmitJob, after_refusals(late, then=STORED))
    server.answers(JOBS.SubmitJobs, after_refusals(late, then=pb.SubmitJobsResponse()))
    error = failed_submission(ask, many, idempotency_key="k")
    assert ((error.code, error.reason), error.retryable) == (("DEADLINE_EXCEEDED", None), True)
    assert MAYBE in error.message


def test_a_submission_that_was_refused_once_may_be_stored_by_the_next_try(server: Gateway, ask: Ask) -> None:
    late = (grpc.StatusCode.DEADLINE_EXCEEDED,)
    server.answers(JOBS.SubmitJob, after_refusals((UNAVAILABLE, "DRAINING", 1), late, then=STORED))
    error = failed_submission(ask, False)
    assert (error.code, error.retryable) == ("DEADLINE_EXCEEDED", False)
    assert MAYBE in error.message


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED"])
def test_a_submission_that_is_refused_is_not_stored(server: Gateway, ask: Ask, code: str) -> None:
    server.answers(JOBS.SubmitJob, after_refusals((grpc.StatusCode[code], "X"), then=STORED))
    error = failed_submission(ask, False)
    assert (error.code, error.reason) == (code, "X")
    assert MAYBE not in error.message


def failed_submission(ask: Ask, many: bool, **options: Any) -> MillraceError:
    if many:
        (outcome,) = ask("submit_many", [NewJob("t", {}, options)])  # type: ignore[arg-type]
        assert isinstance(outcome, MillraceError)
        return outcome
    with pytest.raises(MillraceError) as caught:
        ask("submit", "t", {}, **options)
    return caught.value


def test_many_submissions_have_each_their_outcome(server: Gateway, ask: Ask) -> None:
    refused = pb.SubmitResult(error=status_pb2.Status(code=3, message="wrong"))
    away = pb.SubmitResult(error=status_pb2.Status(code=14, message="away"))
    stored = [pb.SubmitResult(job_id=f"j{number}") for number in range(3)]
    answers = [[stored[0], refused, away, away], [stored[1]]]

    def answer(request: pb.SubmitJobsRequest, context: grpc.ServicerContext) -> pb.SubmitJobsResponse:
        results = answers.pop(0)
        assert len(request.jobs) == len(results)
        return pb.SubmitJobsResponse(results=results)

    server.answers(JOBS.SubmitJobs, answer)
    jobs = [NewJob("t"), NewJob("t"), NewJob("t"), NewJob("t", {}, {"idempotency_key": "k"})]
    first, second, third, fourth = ask("submit_many", jobs)
    assert (first, fourth) == (Submitted("j0", False), Submitted("j1", False))
    assert (second.code, third.reason) == ("INVALID_ARGUMENT", "ANSWER_LOST")


def test_many_submissions_go_in_calls_of_a_bounded_size(server: Gateway, ask: Ask) -> None:
    sizes: list[int] = []

    def answer(request: pb.SubmitJobsRequest, context: grpc.ServicerContext) -> pb.SubmitJobsResponse:
        sizes.append(len(request.jobs))
        return pb.SubmitJobsResponse(results=[pb.SubmitResult(job_id="j") for _ in request.jobs])

    server.answers(JOBS.SubmitJobs, answer)
    assert len(ask("submit_many", [NewJob("t")] * 1_001)) == 1_001
    assert sizes == [1_000, 1]
    sizes.clear()
    assert len(ask("submit_many", [NewJob("t", {"a": "b" * 250_000})] * 20)) == 20
    assert sizes == [12, 8]


def test_a_wait_goes_on_after_cuts_and_early_answers(server: Gateway, ask: Ask) -> None:
    answers = [JOB, JOB, DONE]
    cuts = [True, False, True, False, False]

    def answer(request: pb.GetJobRequest, context: grpc.ServicerContext) -> pb.GetJobResponse:
        if cuts.pop(0):
            refuse(context, UNAVAILABLE)
        assert 29 <= request.wait.seconds <= 30
        return pb.GetJobResponse(job=answers.pop(0))

    server.answers(JOBS.GetJob, answer)
    assert ask("wait", "documents~key1~1").result == {"a": 1}


def test_a_wait_ends_at_its_timeout(server: Gateway, ask: Ask) -> None:
    server.answers(JOBS.GetJob, lambda request, context: pb.GetJobResponse(job=JOB))
    with pytest.raises(MillraceError, match="wait again") as caught:
        ask("wait", "documents~key1~1", timeout=0.2)
    assert (caught.value.code, caught.value.retryable) == ("DEADLINE_EXCEEDED", True)


def chunk(offset: int) -> pb.WatchJobResponse:
    return pb.WatchJobResponse(
        chunks=pb.OutputChunks(chunks=[job_pb2.OutputChunk(offset=offset, attempt=1, text=f"{offset} ")])
    )


def test_a_watch_resumes_at_the_next_chunk(server: Gateway, ask: Ask) -> None:
    asked: list[int] = []

    def answer(request: pb.WatchJobRequest, context: grpc.ServicerContext) -> Iterator[pb.WatchJobResponse]:
        asked.append(request.from_offset)
        yield pb.WatchJobResponse(job=JOB)
        for offset in range(request.from_offset, 5):
            yield chunk(offset)
            if len(asked) == 1 and offset == 1:
                refuse(context, UNAVAILABLE)
            if len(asked) == 2 and offset == 3:
                return  # without a final state: interrupted
        yield pb.WatchJobResponse(job=DONE)

    server.answers(JOBS.WatchJob, answer)
    events = ask("watch", "documents~key1~1")
    assert asked == [0, 2, 4]
    assert [event.text for event in events if isinstance(event, TextEvent)] == [f"{number} " for number in range(5)]
    assert [event.job.state for event in events if isinstance(event, JobEvent)] == ["RUNNING", "SUCCEEDED"]


def test_a_watch_that_cannot_be_resumed_says_where_to_continue(server: Gateway, ask: Ask) -> None:
    calls = []

    def answer(request: pb.WatchJobRequest, context: grpc.ServicerContext) -> Iterator[pb.WatchJobResponse]:
        calls.append(request)
        if len(calls) == 1:
            yield chunk(0)
        refuse(context, UNAVAILABLE)

    server.answers(JOBS.WatchJob, answer)
    with pytest.raises(MillraceError, match="watch again from offset 1") as caught:
        ask("watch", "documents~key1~1", give_up_after=0.2)
    assert caught.value.metadata == {"next_offset": "1"}


def test_an_upload_of_pieces_is_not_repeated_and_one_of_bytes_is(server: Gateway, ask: Ask) -> None:
    stored = documents_pb.UploadDocumentResponse(document=documents_pb.Document(id="doc_1"))
    received: list[bytes] = []
    cuts = [True, False, True]

    def answer(requests: Iterator[Any], context: grpc.ServicerContext) -> documents_pb.UploadDocumentResponse:
        received.append(b"".join(request.content for request in requests))
        if cuts.pop(0):
            refuse(context, UNAVAILABLE)
        return stored

    server.answers(documents_pb.DocumentService.UploadDocument, answer)
    assert ask("upload_document", b"a" * 600_000).id == "doc_1"
    assert [len(content) for content in received] == [600_000, 600_000]
    with pytest.raises(MillraceError) as caught:
        ask("upload_document", iter([b"a", b"b"]))
    assert caught.value.code == "UNAVAILABLE"


def test_a_download_whose_gateway_is_silent_ends_at_the_timeout_of_the_client(server: Gateway) -> None:
    released = threading.Event()

    def answer(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        context.add_callback(released.set)
        released.wait()
        yield from ()

    server.answers(documents_pb.DocumentService.DownloadDocument, answer)

    async def in_loop() -> None:
        async with AsyncClient(server.address, api_key="mr_a_b", timeout=0.2) as client:
            async for _ in client.download_document("doc_1"):
                raise AssertionError("there is no content")

    with pytest.raises(MillraceError, match=r"has sent nothing for 0\.2 s") as caught:
        asyncio.run(in_loop())
    assert (caught.value.code, caught.value.retryable) == ("DEADLINE_EXCEEDED", True)
    assert released.wait(10), "the call is cancelled"
    released.clear()
    with Client(server.address, api_key="mr_a_b", timeout=0.2) as client:
        with pytest.raises(MillraceError, match=r"has sent nothing for 0\.2 s") as caught:
            list(client.download_document("doc_1"))
        assert (caught.value.code, caught.value.retryable) == ("DEADLINE_EXCEEDED", True)
        assert released.wait(10), "the call is cancelled"


def test_a_download_that_ends_before_it_begins_is_cut(server: Gateway, ask: Ask) -> None:
    server.answers(documents_pb.DocumentService.DownloadDocument, lambda request, context: iter(()))
    with pytest.raises(MillraceError, match="ended before it began; download it again"):
        ask("download_document", "doc_1")


def test_a_download_is_begun_again_and_is_complete(server: Gateway, ask: Ask) -> None:
    document = documents_pb.DownloadDocumentResponse(document=documents_pb.Document(id="doc_1", size=3))
    content = documents_pb.DownloadDocumentResponse(content=b"abc")
    cuts = [True, False]

    def answer(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        if cuts.pop(0):
            refuse(context, UNAVAILABLE)
        yield document
        yield content

    server.answers(documents_pb.DocumentService.DownloadDocument, answer)
    assert ask("download_document", "doc_1") == [b"abc"]
    assert len(server.calls) == 2


def test_what_the_source_of_an_upload_raises_is_raised(server: Gateway, ask: Ask) -> None:
    def source() -> Iterator[bytes]:
        yield b"a"
        raise OSError("the disk is gone")

    def answer(requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        for _ in requests:
            pass

    server.answers(documents_pb.DocumentService.UploadDocument, answer)
    with pytest.raises(OSError, match="the disk is gone"):
        ask("upload_document", source())


def test_calls_take_turns_at_several_addresses_and_skip_a_dead_one(server: Gateway) -> None:
    server.answers(JOBS.GetJob, lambda request, context: pb.GetJobResponse(job=JOB))
    dead = Gateway()
    dead.stop()
    with Client([dead.address, server.address], api_key="k") as client:
        assert [client.get_job("x").state for _ in range(3)] == ["RUNNING"] * 3


def test_calls_carry_the_trace_of_the_active_span(server: Gateway, ask: Ask) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    seen: list[tuple[str, str]] = []

    def answer(request: pb.SubmitJobRequest, context: grpc.ServicerContext) -> pb.SubmitJobResponse:
        headers = {name: value for name, value in context.invocation_metadata()}
        seen.append((str(headers["traceparent"]), request.job.traceparent))
        assert headers["authorization"] == "Bearer mr_a_b"
        return STORED

    server.answers(JOBS.SubmitJob, answer)
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("caller") as span:
        ask("submit", "t")
        trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    assert [trace_id in header and trace_id in field for header, field in seen] == [True]


def test_a_closed_client_says_so() -> None:
    client = Client("127.0.0.1:1", api_key="k")
    client.close()
    with pytest.raises(MillraceError) as caught:
        client.get_job("x")
    assert caught.value.reason == "CLOSED"


def test_a_wrong_option_of_a_job_is_a_mistake() -> None:
    with Client("127.0.0.1:1", api_key="k") as client, pytest.raises(TypeError, match="prio"):
        client.submit("t", prio=1)  # type: ignore[call-arg]
