"""Calls Millrace by LangChain's client for OpenAI's API, unchanged."""

import os

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

options = {"base_url": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "max_retries": 0}
model = ChatOpenAI(model="gpt-4o-mini", **options)
ANSWER = "You said: Call me Ishmael."


@tool
def weather(city: str) -> str:
    """Says how the weather is in a city."""
    return f"calm in {city}"


def chat():
    answer = model.invoke("Call me Ishmael.")
    assert answer.content == ANSWER
    assert answer.usage_metadata["total_tokens"] == 12


def stream():
    pieces = list(model.stream("Call me Ishmael."))
    assert len(pieces) > 3
    assert "".join(piece.content for piece in pieces) == ANSWER


def call_tool(bound):
    question = HumanMessage("How is the weather in Nantucket?")
    asked = bound.invoke([question])
    (call,) = asked.tool_calls
    assert (call["name"], call["args"]) == ("weather", {"city": "Nantucket"})
    result = weather.invoke(call)
    assert isinstance(result, ToolMessage)
    return bound.invoke([question, asked, result])


def tool_call():
    assert call_tool(model.bind_tools([weather])).content == "You said: calm in Nantucket"


def responses():
    by_responses = ChatOpenAI(model="gpt-4o-mini", use_responses_api=True, **options)
    assert by_responses.invoke("Call me Ishmael.").text == ANSWER
    assert "".join(piece.text for piece in by_responses.stream("Call me Ishmael.")) == ANSWER
    assert call_tool(by_responses.bind_tools([weather])).text == "You said: calm in Nantucket"


def embeddings():
    # It would load a vocabulary from the internet, to cut long texts.
    made = OpenAIEmbeddings(
        model="text-embedding-3-small", check_embedding_ctx_length=False, **options
    )
    assert made.embed_documents(["a", "whale"]) == [[1, 0.5], [5, 0.5]]
    assert made.embed_query("whale") == [5, 0.5]


for name, check in {
    "chat": chat,
    "stream": stream,
    "tool": tool_call,
    "responses": responses,
    "embeddings": embeddings,
}.items():
    check()
    print(name, flush=True)
