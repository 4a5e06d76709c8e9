from __future__ import annotations

import threading

from millrace.worker.failures import AttemptStopped
from millrace.worker.interrupt import interruptible
from millrace.worker.port import Stop


def test_a_stop_interrupts_what_runs_and_nothing_after_it() -> None:
    for _ in range(50):
        stop = Stop()
        began = threading.Event()

        def run(stop: Stop = stop, began: threading.Event = began) -> str:
            began.set()
            while stop.reason is None:
                pass
            return "returned"

        def set_stop(stop: Stop = stop, began: threading.Event = began) -> None:
            began.wait()
            stop.set("cancelled")

        setter = threading.Thread(target=set_stop)
        setter.start()
        assert interruptible(stop, run, lambda: "stopped") in ("stopped", "returned")
        setter.join()
        sum(range(100))  # would raise here if it came late


def test_what_has_returned_before_the_stop_is_kept() -> None:
    stop = Stop()
    assert interruptible(stop, lambda: "returned", lambda: "stopped") == "returned"
    stop.set("cancelled")


def test_a_stop_before_the_beginning_counts() -> None:
    stop = Stop()
    stop.set("cancelled")

    def run() -> str:
        while True:
            pass

    assert interruptible(stop, run, lambda: "stopped") == "stopped"


def test_other_exceptions_pass() -> None:
    def run() -> None:
        raise AttemptStopped("by itself")

    assert interruptible(Stop(), run, lambda: None) is None
