from __future__ import annotations

import pytest

from millrace._limits import CHUNK_BYTES, OUTPUT_BYTES
from millrace.worker.failures import AttemptStopped, NonRetryable
from millrace.worker.output import Output


def taken(output: Output, max_bytes: int = 1_000_000) -> tuple[int, list[str]]:
    first, chunks, _ = output.take(max_bytes) or (-1, [], 0)
    return first, [chunk.text for chunk in chunks]


def test_joins_small_texts_until_they_are_sent() -> None:
    output = Output(1_000)
    output.write("a")
    output.write("b")
    assert taken(output) == (0, ["ab"])
    output.write("c")
    assert taken(output) == (1, ["c"])
    assert taken(output) == (-1, [])


def test_cuts_text_between_characters() -> None:
    output = Output(1_000_000)
    text = "a" + "€" * CHUNK_BYTES
    output.write(text)
    _, chunks = taken(output, 10 * CHUNK_BYTES)
    assert "".join(chunks) == text
    assert max(len(chunk.encode()) for chunk in chunks) <= CHUNK_BYTES


def test_replaces_what_utf8_cannot_hold() -> None:
    output = Output(1_000)
    output.write("a\ud800b")
    assert taken(output) == (0, ["a?b"])


def test_only_the_last_unsent_progress_remains() -> None:
    output = Output(1_000)
    for done in range(3):
        output.progress(done, 3, "x" * 300)
    first, chunks, _ = output.take(1_000) or (-1, [], 0)
    assert (first, [chunk.progress.done for chunk in chunks]) == (0, [2])
    assert len(chunks[0].progress.message) == 255


def test_sends_again_from_where_the_store_is() -> None:
    output = Output(1_000)
    for text in "abc":
        output.write(text)
        taken(output)
    output.stored(1)
    assert output.rewind(2)
    assert taken(output) == (2, ["c"])
    output.resend()
    assert taken(output) == (2, ["c"])
    assert not output.rewind(1), "what was acknowledged is not there any more"


def test_a_write_waits_above_the_limit_and_wakes_below_it() -> None:
    output = Output(2)
    output.write("ab")
    assert output.when_room(lambda refusal: None)
    output.write("c")
    woken: list[BaseException | None] = []
    assert not output.when_room(woken.append)
    taken(output)
    output.stored(1)
    assert woken == [None]


def test_a_closed_output_refuses_and_wakes() -> None:
    output = Output(2)
    output.write("abc")
    woken: list[BaseException | None] = []
    output.when_room(woken.append)
    stopped = AttemptStopped("cancelled")
    output.close(stopped)
    assert woken == [stopped]
    assert output.acknowledged
    assert output.rewind(0), "output that was dropped on purpose is not lost"
    with pytest.raises(AttemptStopped):
        output.write("d")


def test_refuses_more_than_a_job_may_keep() -> None:
    output = Output(1)
    output.write("a" * OUTPUT_BYTES)
    output.write("b")
    with pytest.raises(NonRetryable, match="limit"):
        output.write("c")
