"""The endpoint with Millrace: 202 at once, progress while the work runs, and a callback at its end."""

import json
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from millrace import AsyncClient, Callback, JobEvent, JobOptions, MillraceError, ProgressEvent
from pydantic import BaseModel
from standardwebhooks import Webhook, WebhookVerificationError

PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000")

millrace = AsyncClient()  # MILLRACE_ADDRESS and MILLRACE_API_KEY
webhook = Webhook(os.environ["MILLRACE_CALLBACK_SECRET"])
ended: dict[str, dict[str, Any]] = {}  # stands for your database: the summaries that have ended, by job id


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with millrace:
        yield


app = FastAPI(lifespan=lifespan)


class SummaryRequest(BaseModel):
    text: str


@app.post("/summaries", status_code=202)
async def create_summary(
    request: SummaryRequest, response: Response, idempotency_key: Annotated[str | None, Header()] = None
) -> dict[str, str]:
    options: JobOptions = {
        "queue": "summaries",
        "callback": Callback(f"{PUBLIC_URL}/callbacks", include_result=True),
    }
    if idempotency_key is not None:
        # A caller that lost the answer sends the same key again, and gets the same job.
        options["idempotency_key"] = idempotency_key
    submitted = await millrace.submit("summarize-text", request.model_dump(), **options)
    response.headers["Location"] = f"/summaries/{submitted.job_id}"
    return {"id": submitted.job_id}


@app.get("/summaries/{job_id}")
async def read_summary(job_id: str, response: Response) -> dict[str, Any]:
    if job_id in ended:
        return ended[job_id]
    job = await millrace.get_job(job_id)
    response.status_code = 202
    response.headers["Retry-After"] = "2"
    return {"id": job.id, "state": job.state.lower()}


@app.get("/summaries/{job_id}/events")
async def follow_summary(job_id: str) -> StreamingResponse:
    """Server-sent events: `progress`, and `job` with each state."""
    await millrace.get_job(job_id)  # a job that is not found is a 404, and not a stream that breaks

    async def events() -> AsyncIterator[str]:
        async for event in millrace.watch(job_id):
            if isinstance(event, ProgressEvent):
                yield sse("progress", {"done": event.done, "total": event.total, "message": event.message})
            elif isinstance(event, JobEvent):
                yield sse("job", {"state": event.job.state})

    return StreamingResponse(events(), media_type="text/event-stream")


def sse(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"


@app.post("/callbacks", status_code=204)
async def receive_callback(request: Request) -> Response:
    # The signature is over the raw body. The same event may arrive twice.
    try:
        event = webhook.verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        return Response(status_code=400)
    job = event["data"]
    ended[job["id"]] = job
    print(f"ended {job['id']} {job['state']}", flush=True)
    return Response(status_code=204)


@app.exception_handler(MillraceError)
async def answer_error(_: Request, error: MillraceError) -> JSONResponse:
    status = {"JOB_NOT_FOUND": 404, "MALFORMED": 400}.get(error.reason or "", 503)
    headers = {} if error.retry_after is None else {"Retry-After": str(math.ceil(error.retry_after))}
    return JSONResponse({"reason": error.reason, "message": error.message}, status, headers)
