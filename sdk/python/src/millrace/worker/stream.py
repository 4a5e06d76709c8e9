"""One Work stream, from its hello to its end. gRPC's own threads read and write it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import grpc

from millrace._proto.workers.v1 import worker_service_pb2 as pb
from millrace._status import CallStatus, status_of_error


class Stream:
    """Sends and receives on one stream. `received` and `ended` are called in the thread of the stream."""

    def __init__(
        self,
        channel: grpc.Channel,
        token: str | None,
        hello: pb.WorkRequest,
        received: Callable[[Stream, pb.WorkResponse], None],
        ended: Callable[[Stream, CallStatus | None], None],
    ) -> None:
        self._requests: SimpleQueue[pb.WorkRequest | None] = SimpleQueue()
        self._received = received
        self._ended = ended
        self.send(hello)
        method = pb.WorkerService.Work
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        open_call = channel.stream_stream(method.path, method.serialize, method.parse)
        self._call = open_call(self._to_send(), metadata=metadata)
        threading.Thread(target=self._read, name="millrace-stream", daemon=True).start()

    def send(self, request: pb.WorkRequest) -> None:
        self._requests.put(request)

    def cut(self) -> None:
        self._call.cancel()

    def _to_send(self) -> Iterator[pb.WorkRequest]:
        return iter(self._requests.get, None)

    def _read(self) -> None:
        status: CallStatus | None = None
        try:
            for response in self._call:
                self._received(self, response)
        except grpc.RpcError as error:
            status = status_of_error(error)
        finally:
            self._requests.put(None)
            self._ended(self, status)
