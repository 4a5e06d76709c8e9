"""Calls Millrace by LiteLLM's client, unchanged."""

import json
import os

import litellm

options = {"api_base": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "max_retries": 0}
# It would write hints to standard output.
litellm.suppress_debug_info = True
MODEL = "openai/gpt-4o-mini"
PROMPT = [{"role": "user", "content": "Call me Ishmael."}]
ANSWER = "You said: Call me Ishmael."
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Says how the weather is in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def chat():
    answer = litellm.completion(model=MODEL, messages=PROMPT, **options)
    assert answer.choices[0].message.content == ANSWER
    assert answer.usage.total_tokens == 12
    refused = [{"role": "user", "content": "refuse 400 this"}]
    try:
        litellm.completion(model=MODEL, messages=refused, **options)
    except litellm.BadRequestError as error:
        assert "the provider says no" in str(error)
    else:
        raise AssertionError("BadRequestError was expected")


def stream():
    pieces = litellm.completion(model=MODEL, messages=PROMPT, stream=True, **options)
    texts = [piece.choices[0].delta.content or "" for piece in pieces]
    assert len(texts) > 3
    assert "".join(texts) == ANSWER


def tool():
    question = [{"role": "user", "content": "How is the weather in Nantucket?"}]
    asked = litellm.completion(model=MODEL, messages=question, tools=[WEATHER], **options)
    message = asked.choices[0].message
    (call,) = message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Nantucket"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "calm"}
    conversation = [*question, message, result]
    answer = litellm.completion(model=MODEL, messages=conversation, tools=[WEATHER], **options)
    assert answer.choices[0].message.content == "You said: calm"


def responses():
    made = litellm.responses(model=MODEL, input="Call me Ishmael.", **options)
    assert made.output_text == ANSWER
    events = list(litellm.responses(model=MODEL, input="Call me Ishmael.", stream=True, **options))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == ANSWER


def embeddings():
    texts = ["a", "whale"]
    made = litellm.embedding(model="openai/text-embedding-3-small", input=texts, **options)
    assert [one["embedding"] for one in made.data] == [[1, 0.5], [5, 0.5]]


for check in (chat, stream, tool, responses, embeddings):
    check()
    print(check.__name__, flush=True)
