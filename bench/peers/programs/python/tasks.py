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
    # The others keep a job until it is done; by default Celery forgets it when it starts.
    task_acks_late=True,
    # "Many short tasks": its guide on optimizing says to raise the multiplier.
    worker_prefetch_multiplier=64,
    worker_redirect_stdouts=False,
    task_compression=None,
    broker_pool_limit=THREADS,
    broker_connection_retry_on_startup=True,
)

# It says what root may not be used for; the benchmark's machine is nobody's.
warnings.filterwarnings("ignore", category=SecurityWarning)

done = 0


@app.task(name="noop")
def noop(document, note):
    global done
    done += 1


def say(message):
    # One write: lines of several processes must not mix.
    os.write(1, (json.dumps(message) + "\n").encode())


@worker_process_init.connect
def tell_what_is_done(**_):
    def loop():
        said = 0
        while True:
            time.sleep(0.01)
            if done != said:
                said = done
                say({"worker": os.getpid(), "done": said})

    threading.Thread(target=loop, daemon=True).start()


@worker_ready.connect
def tell_ready(**_):
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
