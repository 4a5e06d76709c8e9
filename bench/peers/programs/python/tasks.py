"""Celery with a Redis broker: the worker's task, and `python tasks.py` as the producer."""
import json
import os
import signal
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init, worker_ready

PAYLOAD = {"document": "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B", "note": "x" * 150}
THREADS = 8

app = Celery("bench", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    # The other contenders keep a job until it is done. By default Celery drops it when it starts.
    task_acks_late=True,
    # Celery's guide on optimizing recommends a higher multiplier for many short tasks.
    worker_prefetch_multiplier=64,
    worker_redirect_stdouts=False,
    task_compression=None,
    broker_pool_limit=THREADS,
    broker_connection_retry_on_startup=True,
)

# Celery warns when it runs as root. The benchmark's machine serves nothing else.
warnings.filterwarnings("ignore", category=SecurityWarning)

done = 0


@app.task(name="noop")
def noop(document, note):
    global done
    done += 1


def say(message):
    # One write for each line, so that lines of several processes do not mix.
    os.write(1, (json.dumps(message) + "\n").encode())


@worker_process_init.connect
def report_done(**_):
    def loop():
        reported = 0
        while True:
            time.sleep(0.01)
            if done != reported:
                reported = done
                say({"worker": os.getpid(), "done": reported})

    threading.Thread(target=loop, daemon=True).start()


@worker_ready.connect
def report_ready(**_):
    def end_with_input():
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_input, daemon=True).start()
    say({"ready": True})


def produce():
    say({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        threads = min(THREADS, asked["inFlight"])
        shares = [asked["jobs"] // threads + (at < asked["jobs"] % threads) for at in range(threads)]

        def send(share):
            for _ in range(share):
                noop.apply_async(kwargs=PAYLOAD)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(send, shares))
        say({"submitted": asked["jobs"]})


if __name__ == "__main__":
    produce()
