"""The output of one attempt, kept until the scheduler has stored it.

Chunks are numbered from 0. A chunk that was ever sent never changes, so sending it again is harmless. The executor
writes in its thread while the core sends in its own, so every access takes the lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from millrace._limits import CHUNK_BYTES, OUTPUT_BYTES, PROGRESS_MESSAGE_CHARACTERS
from millrace._proto.jobs.v1 import job_pb2
from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace.worker.failures import NonRetryable

_PROGRESS_BYTES = 32
"""An upper bound for the size of a progress report without its message."""
_CHUNKS_A_TURN = 1_000

Woken = Callable[[BaseException | None], object]


class _Chunk:
    """One chunk. Its text grows until it is sent."""

    __slots__ = ("message", "size", "texts")

    def __init__(self, size: int, texts: list[bytes] | None, message: pb.WorkerChunk | None) -> None:
        self.size = size
        self.texts = texts
        self.message = message

    def frozen(self) -> pb.WorkerChunk:
        if self.message is None:
            self.message = pb.WorkerChunk(text=b"".join(self.texts or []).decode())
            self.texts = None
        return self.message


class Output:
    """Buffers an attempt's output. `max_bytes` may be unacknowledged before a write waits."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._chunks: deque[_Chunk] = deque()
        self._base = 0  # the number of the first chunk that is kept; all before it are stored
        self._next = 0  # the number of the next chunk to send on this stream
        self._frozen = 0  # all chunks below this number were sent on some stream
        self._bytes = 0
        self._refusal: BaseException | None = None
        self._waiting: list[Woken] = []

    @property
    def acknowledged(self) -> bool:
        return not self._chunks

    @property
    def has_unsent(self) -> bool:
        return self._next < self._base + len(self._chunks)

    def write(self, text: str) -> None:
        """Buffers text. Raises if the attempt must stop, or if its output is full."""
        data = text.encode("utf-8", "replace")
        with self._lock:
            self._check()
            for piece in _pieces(data):
                last = self._unsent_tail()
                if last is not None and last.texts is not None and last.size + len(piece) <= CHUNK_BYTES:
                    last.texts.append(piece)
                    last.size += len(piece)
                    self._bytes += len(piece)
                else:
                    self._push(_Chunk(len(piece), [piece], None))

    def progress(self, done: int, total: int, message: str) -> None:
        """Buffers a progress report. Of several that are not sent yet only the last one remains."""
        text = message.encode("utf-8", "replace").decode()[:PROGRESS_MESSAGE_CHARACTERS]
        chunk = pb.WorkerChunk(progress=job_pb2.Progress(done=done, total=total, message=text))
        with self._lock:
            self._check()
            last = self._unsent_tail()
            if last is not None and last.message is not None:
                last.message = chunk
            else:
                self._push(_Chunk(_PROGRESS_BYTES + len(text.encode()), None, chunk))

    def when_room(self, woken: Woken) -> bool:
        """Returns True if little is unacknowledged. Else `woken` is called once, with the refusal if there is one."""
        with self._lock:
            if self._refusal is None and self._bytes > self._max_bytes:
                self._waiting.append(woken)
                return False
        return True

    def take(self, max_bytes: int) -> tuple[int, list[pb.WorkerChunk], int] | None:
        """Returns the next chunks to send: the number of the first, the chunks, and their bytes."""
        with self._lock:
            first = self._next
            at = first - self._base
            taken: list[pb.WorkerChunk] = []
            size = 0
            while at + len(taken) < len(self._chunks) and len(taken) < _CHUNKS_A_TURN:
                chunk = self._chunks[at + len(taken)]
                if taken and size + chunk.size > max_bytes:
                    break
                taken.append(chunk.frozen())
                size += chunk.size
            if not taken:
                return None
            self._next += len(taken)
            self._frozen = max(self._frozen, self._next)
            return first, taken, size

    def stored(self, next_sequence: int) -> None:
        """Drops the chunks below `next_sequence`, which are stored."""
        with self._lock:
            self._drop_below(next_sequence)
            woken = self._to_wake()
        for wake in woken:
            wake(None)

    def rewind(self, next_sequence: int) -> bool:
        """Sends again from `next_sequence`. False if the store has lost output that was acknowledged and dropped."""
        with self._lock:
            if self._refusal is not None:
                return True  # output that was dropped on purpose is not lost
            if next_sequence < self._base:
                return False
            self._drop_below(next_sequence)
            self._next = self._base
            woken = self._to_wake()
        for wake in woken:
            wake(None)
        return True

    def resend(self) -> None:
        """Sends all unacknowledged chunks again."""
        with self._lock:
            self._next = self._base

    def close(self, reason: BaseException) -> None:
        """Drops the buffered output and refuses every later write."""
        with self._lock:
            if self._refusal is None:
                self._refusal = reason
            self._base += len(self._chunks)
            self._next = self._base
            self._chunks.clear()
            self._bytes = 0
            woken, self._waiting = self._waiting, []
        for wake in woken:
            wake(self._refusal)

    def full(self) -> None:
        self.close(_too_much())

    def _check(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._bytes > OUTPUT_BYTES:
            raise _too_much()

    def _drop_below(self, next_sequence: int) -> None:
        count = min(max(0, next_sequence - self._base), len(self._chunks))
        for _ in range(count):
            self._bytes -= self._chunks.popleft().size
        self._base += count
        self._next = max(self._next, self._base)

    def _to_wake(self) -> list[Woken]:
        if self._bytes > self._max_bytes:
            return []
        woken, self._waiting = self._waiting, []
        return woken

    def _push(self, chunk: _Chunk) -> None:
        self._chunks.append(chunk)
        self._bytes += chunk.size

    def _unsent_tail(self) -> _Chunk | None:
        return self._chunks[-1] if self._base + len(self._chunks) > self._frozen else None


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cuts UTF-8 between characters."""
    start = 0
    while start < len(data):
        end = min(start + CHUNK_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end]
        start = end


def _too_much() -> NonRetryable:
    return NonRetryable("TOO_LARGE", f"The job's output is at its limit of {OUTPUT_BYTES} bytes.")
