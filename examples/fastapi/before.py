"""The endpoint before Millrace: the work is done while the caller waits.

For a long text the proxy, or the caller, gives up first. The work is then lost, and the caller's retry begins it again.
"""

from fastapi import FastAPI
from pydantic import BaseModel
from summarize import summarize

app = FastAPI()


class SummaryRequest(BaseModel):
    text: str


@app.post("/summaries")
def create_summary(request: SummaryRequest) -> dict[str, str]:
    return {"summary": summarize(request.text)}
