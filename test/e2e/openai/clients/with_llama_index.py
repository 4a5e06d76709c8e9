"""Calls Millrace by LlamaIndex's client for OpenAI's API, unchanged."""

import os

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

options = {"api_base": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "max_retries": 0}
model = OpenAI(model="gpt-4o-mini", **options)
PROMPT = [ChatMessage(role="user", content="Call me Ishmael.")]
ANSWER = "You said: Call me Ishmael."


def weather(city: str) -> str:
    """Says how the weather is in a city."""
    return f"calm in {city}"


def chat():
    assert model.chat(PROMPT).message.content == ANSWER
    assert model.complete("Call me Ishmael.").text == ANSWER


def stream():
    pieces = [piece.delta for piece in model.stream_chat(PROMPT)]
    assert len(pieces) > 3
    assert "".join(pieces) == ANSWER


def tool_call():
    tools = [FunctionTool.from_defaults(weather)]
    asked = model.chat_with_tools(tools, user_msg="How is the weather in Nantucket?")
    (call,) = model.get_tool_calls_from_response(asked)
    assert (call.tool_name, call.tool_kwargs) == ("weather", {"city": "Nantucket"})
    # It answers by itself, with what the tool says.
    answer = model.predict_and_call(tools, user_msg="How is the weather in Nantucket?")
    assert answer.response == "calm in Nantucket"


def embeddings():
    made = OpenAIEmbedding(model_name="text-embedding-3-small", **options)
    assert made.get_text_embedding_batch(["a", "whale"]) == [[1, 0.5], [5, 0.5]]


for name, check in {
    "chat": chat,
    "stream": stream,
    "tool": tool_call,
    "embeddings": embeddings,
}.items():
    check()
    print(name, flush=True)
