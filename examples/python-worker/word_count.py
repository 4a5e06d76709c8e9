"""A worker that counts words: jobs of type count-words with the payload {"text": "…"}."""

import asyncio
import logging
import os
import signal
import socket
from collections import Counter

from millrace_worker import JobFailed, Worker


async def count_words(attempt):
    text = attempt.payload.get("text")
    if not isinstance(text, str):
        raise JobFailed("MALFORMED", 'The payload needs a "text".')
    lines = text.splitlines()
    counts = Counter()
    for done, line in enumerate(lines, start=1):
        counts.update(line.lower().split())
        await attempt.write(f"{line[:60]}: {len(line.split())}\n")
        await attempt.progress(done, len(lines), "counting")
        await asyncio.sleep(attempt.payload.get("pauseSeconds", 0))
    return {"words": counts.total(), "most": counts.most_common(3)}


async def main():
    worker = Worker(
        address=os.environ.get("MILLRACE_SCHEDULER_ADDRESS", "127.0.0.1:7072"),
        token=os.environ.get("MILLRACE_WORKER_TOKEN"),
        worker_id=f"{socket.gethostname()}-{os.getpid()}",
        queues=os.environ.get("MILLRACE_QUEUES", "documents").split(","),
        slots=int(os.environ.get("MILLRACE_SLOTS", "4")),
        executors={"count-words": count_words},
    )
    running = asyncio.create_task(worker.run())
    grace = int(os.environ.get("MILLRACE_DRAIN_MS", "15000")) / 1000
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, worker.drain, grace)
    await running


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main())
