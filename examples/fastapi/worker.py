"""The slow work of before.py, as a worker: start as many as the work needs, on any machine."""

from millrace import Context, Worker
from pydantic import BaseModel
from summarize import summarize

worker = Worker(queues=["summaries"], slots=8)


class SummaryRequest(BaseModel):
    text: str


@worker.executor("summarize-text")
def summarize_text(request: SummaryRequest, ctx: Context) -> dict[str, str]:
    return {"summary": summarize(request.text, progress=lambda done, total: ctx.progress(done, total, "paragraphs"))}


if __name__ == "__main__":
    worker.run()
