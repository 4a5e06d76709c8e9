"""A worker that counts words: jobs of type count-words with the payload {"text": "…"}."""

import logging
import time

from millrace import Context, NonRetryable, Worker

worker = Worker()  # the environment says where the scheduler is, and which queues to serve


@worker.executor("count-words")
def count_words(payload: dict, ctx: Context) -> dict:
    text = payload.get("text")
    if not isinstance(text, str):
        raise NonRetryable("MALFORMED", 'The payload needs a "text".')
    lines = text.splitlines()
    for done, line in enumerate(lines, start=1):
        ctx.write(f"{line[:60]}: {len(line.split())}\n")
        ctx.progress(done, len(lines), "counting")
        time.sleep(payload.get("pauseSeconds", 0))  # so that one can watch the worker
    return {"words": len(text.split())}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    worker.run()
