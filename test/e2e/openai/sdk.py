"""Calls Millrace by the official SDK for Python, unchanged: every method and helper that docs/openai.md names.

The provider behind the workers answers `You said: …`, and refuses a prompt such as "refuse 422 this".
"""

import asyncio
import io
import json
import os
import time
from datetime import datetime

import openai
from openai import AsyncOpenAI, OpenAI

options = {"base_url": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "max_retries": 0}
client = OpenAI(**options)
MODEL = "gpt-test"
PROMPT = [{"role": "user", "content": "Call me Ishmael."}]
ANSWER = "You said: Call me Ishmael."


def refused(call, kind, **expected):
    try:
        call()
    except kind as error:
        for name, value in expected.items():
            assert getattr(error, name) == value, (name, getattr(error, name))
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def chat():
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=PROMPT)
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.parse().choices[0].message.content == ANSWER
    pieces = client.chat.completions.create(model=MODEL, messages=PROMPT, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == ANSWER
    with client.chat.completions.stream(model=MODEL, messages=PROMPT) as stream:
        assert stream.get_final_completion().choices[0].message.content == ANSWER
    bad = [{"role": "user", "content": "refuse 422 this"}]
    refused(
        lambda: client.chat.completions.create(model=MODEL, messages=bad),
        openai.UnprocessableEntityError,
        code="no_such_thing",
        param="messages",
    )
    refused(
        lambda: client.chat.completions.create(model="none", messages=PROMPT),
        openai.NotFoundError,
        code="model_not_found",
    )
    wrong = OpenAI(**{**options, "api_key": "mr_nobody_x"})
    refused(wrong.models.list, openai.AuthenticationError, code="invalid_api_key")
    refused(
        lambda: client.moderations.create(input="a"), openai.NotFoundError, code="unknown_url"
    )


def embeddings_and_models():
    made = client.embeddings.create(model="org/small", input=["a", "whale"])
    assert [one.embedding for one in made.data] == [[1, 0.5], [5, 0.5]]
    assert [model.id for model in client.models.list()] == [MODEL, "org/small"]
    assert client.models.retrieve("org/small").id == "org/small"


def responses():
    made = client.responses.create(model=MODEL, input="Call me Ishmael.", metadata={"a": "b"})
    assert made.output_text == ANSWER and made.metadata == {"a": "b"}
    assert client.responses.retrieve(made.id).output_text == ANSWER
    items = list(client.responses.input_items.list(made.id))
    assert items[0].content[0].text == "Call me Ishmael."
    events = list(client.responses.create(model=MODEL, input="Call me Ishmael.", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"
    with client.responses.stream(model=MODEL, input="Call me Ishmael.") as stream:
        assert stream.get_final_response().output_text == ANSWER
    follow = client.responses.create(model=MODEL, input="Who?", previous_response_id=made.id)
    assert follow.previous_response_id == made.id and follow.output_text == "You said: Who?"


def background():
    made = client.responses.create(model=MODEL, input="Call me Ishmael.", background=True)
    while made.status in ("queued", "in_progress"):
        time.sleep(0.05)
        made = client.responses.retrieve(made.id)
    assert made.status == "completed" and made.output_text == ANSWER
    whole = list(client.responses.retrieve(made.id, stream=True))
    rest = list(client.responses.retrieve(made.id, stream=True, starting_after=6))
    assert [event.to_dict() for event in rest] == [event.to_dict() for event in whole[7:]]
    with client.responses.stream(response_id=made.id, starting_after=6) as stream:
        seen = [event.sequence_number for event in stream]
        assert seen == list(range(7, len(whole)))
    waits = client.responses.create(model=MODEL, input="hold", background=True)
    assert client.responses.cancel(waits.id).status == "cancelled"
    assert client.responses.cancel(waits.id).status == "cancelled"
    client.responses.delete(waits.id)
    refused(lambda: client.responses.retrieve(waits.id), openai.NotFoundError)


def options_of_jobs():
    windows = client.responses.create(
        model=MODEL,
        input="Call me Ishmael.",
        background=True,
        background_options={"completion_window": "2h"},
        metadata={"team": "search", "millrace_idempotency_key": "once"},
    )
    job = job_of(windows.id.removeprefix("resp_"))
    assert job["priority"] == 75 and job["labels"]["team"] == "search"
    assert 7_190 <= seconds(job["deadline"]) - seconds(job["submitTime"]) <= 7_210
    headers = {
        "X-Millrace-Priority": "7",
        "X-Millrace-Deadline": "600",
        "X-Millrace-Labels": "team=a%2Cb",
        "X-Millrace-Idempotency-Key": "order-1017",
    }
    calls = client.with_options(default_headers=headers).chat.completions.with_raw_response
    ids = {
        calls.create(model=MODEL, messages=PROMPT).headers["x-millrace-job-id"] for _ in range(2)
    }
    (job_id,) = ids
    job = job_of(job_id)
    assert job["priority"] == 7 and job["labels"] == {"team": "a,b"}
    assert 590 <= seconds(job["deadline"]) - seconds(job["submitTime"]) <= 610


def job_of(job_id):
    return client.get(f"/jobs/{job_id}", cast_to=object)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def files():
    content = b'{"custom_id": "a"}\n'
    lines = ("lines.jsonl", io.BytesIO(content))
    expires = {"anchor": "created_at", "seconds": 3_600}
    made = client.files.create(file=lines, purpose="batch", expires_after=expires)
    assert (made.filename, made.purpose, made.bytes) == ("lines.jsonl", "batch", len(content))
    assert made.expires_at == made.created_at + 3_600
    assert client.files.wait_for_processing(made.id).status == "processed"
    assert made.id in [file.id for file in client.files.list(purpose="batch")]
    assert client.files.content(made.id).read() == content
    assert client.files.delete(made.id).deleted
    refused(lambda: client.files.retrieve(made.id), openai.NotFoundError)


def line(custom_id, content):
    body = {"model": MODEL, "messages": [{"role": "user", "content": content}]}
    call = {"method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps({"custom_id": custom_id, **call})


def lines_of(file_id):
    return [json.loads(text) for text in client.files.content(file_id).text.splitlines()]


def batch_of(*lines):
    file = ("lines.jsonl", io.BytesIO("\n".join(lines).encode()))
    made = client.files.create(file=file, purpose="batch")
    return client.batches.create(
        input_file_id=made.id, endpoint="/v1/chat/completions", completion_window="24h"
    )


def ended(batch):
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    return batch


def batches():
    done = ended(batch_of(line("a", "Call me Ishmael."), line("b", "refuse 422 this")))
    counts = done.request_counts
    assert (done.status, counts.total, counts.completed, counts.failed) == ("completed", 2, 1, 1)
    assert done.usage.total_tokens == 12
    assert done.millrace["uncounted_lines"] == 0
    [right] = lines_of(done.output_file_id)
    assert right["custom_id"] == "a"
    assert right["response"]["body"]["choices"][0]["message"]["content"] == ANSWER
    [wrong] = lines_of(done.error_file_id)
    assert (wrong["custom_id"], wrong["response"]["status_code"]) == ("b", 422)
    failed = ended(batch_of(line("a", "one"), "{"))
    assert failed.status == "failed"
    assert [(error.line, error.code) for error in failed.errors.data] == [(2, "invalid_json_line")]
    waits = batch_of(line("a", "hold"))
    assert client.batches.cancel(waits.id).status in ("cancelling", "cancelled")
    assert ended(waits).status == "cancelled"
    assert [batch.id for batch in client.batches.list(limit=2)] == [waits.id, failed.id, done.id]
    refused(lambda: client.batches.retrieve("batch_none"), openai.NotFoundError)


async def asynchronous():
    async with AsyncOpenAI(**options) as caller:
        pieces = await caller.chat.completions.create(model=MODEL, messages=PROMPT, stream=True)
        text = "".join([piece.choices[0].delta.content or "" async for piece in pieces])
        assert text == ANSWER
        async with caller.responses.stream(model=MODEL, input="Call me Ishmael.") as stream:
            assert (await stream.get_final_response()).output_text == ANSWER


checks = (chat, embeddings_and_models, responses, background, options_of_jobs, files, batches)
for check in checks:
    check()
    print(check.__name__, flush=True)
asyncio.run(asynchronous())
print("asynchronous", flush=True)
