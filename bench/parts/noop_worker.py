"""A worker in Python whose jobs do nothing. KIND: "async" or "thread". The rest is as the SDK reads it."""

import os

from millrace import Worker

worker = Worker(queues=["bench"])
RESULT = {"ok": True}

if os.environ["KIND"] == "async":

    @worker.executor("noop")
    async def noop_async(payload: dict) -> dict:
        return RESULT
else:

    @worker.executor("noop")
    def noop(payload: dict) -> dict:
        return RESULT


if __name__ == "__main__":
    worker.run()
