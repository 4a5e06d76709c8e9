"""Gives the requests of Schemathesis a queue that exists, and short waits.

Otherwise almost every call would end with QUEUE_NOT_FOUND, and the others would spend the time with waiting. Values that the
document does not allow stay as they are.
"""

import os

import schemathesis

QUEUE = os.environ["MILLRACE_QUEUE"]


def is_queue(value):
    return isinstance(value, str) and value.isalnum() and value.isascii() and value.islower()


@schemathesis.hook
def map_query(context, query):
    if isinstance(query, dict):
        if is_queue(query.get("queue")):
            query["queue"] = QUEUE
        if type(query.get("wait")) is int and 1 <= query["wait"] <= 60:
            query["wait"] = 1
    return query


@schemathesis.hook
def map_headers(context, headers):
    if headers and "wait=" in str(headers.get("Prefer", "")):
        headers["Prefer"] = "wait=1"
    return headers


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, list):
        return [map_body(context, one) for one in body]
    if not isinstance(body, dict):
        return body
    return {
        name: QUEUE if name == "queue" and is_queue(value) else map_body(context, value) for name, value in body.items()
    }
