"""Gives the requests of Schemathesis a queue that exists. Otherwise almost every call would end with QUEUE_NOT_FOUND."""

import os

import schemathesis

QUEUE = os.environ["MILLRACE_QUEUE"]


@schemathesis.hook
def map_query(context, query):
    if query and isinstance(query.get("queue"), str) and query["queue"].isalnum():
        query["queue"] = QUEUE
    return query


@schemathesis.hook
def map_body(context, body):
    return with_queue(body)


def with_queue(value):
    """Replaces the names of queues, as far as they are names: wrong ones stay wrong."""
    if isinstance(value, list):
        return [with_queue(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: QUEUE if name == "queue" and isinstance(one, str) and one.isalnum() and one.islower() else with_queue(one)
        for name, one in value.items()
    }
