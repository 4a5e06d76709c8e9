"""A channel whose name leads to an address that does not answer, as that of a pod that has gone."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest

from millrace._channel import SPREAD, open_channel

GONE, NOW = "127.0.0.2", "127.0.0.3"
A_RECORD = 1


class Names:
    """A name server that tells of the gone address at first, and of the new one from then on."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, peer = self._socket.recvfrom(512)
            end = 12
            while query[end] != 0:
                end += query[end] + 1
            (kind,) = struct.unpack(">H", query[end + 1 : end + 3])
            answer = b""
            if kind == A_RECORD:
                address = socket.inet_aton(GONE if self.asked == 0 else NOW)
                answer = b"\xc0\x0c" + struct.pack(">HHIH", A_RECORD, 1, 0, 4) + address
                self.asked += 1
            counts = struct.pack(">HHHH", 1, 1 if answer else 0, 0, 0)
            question = query[12 : end + 5]
            self._socket.sendto(query[:2] + b"\x81\x80" + counts + question + answer, peer)


@pytest.fixture
def gone() -> Iterator[int]:
    """A port at which the system drops what asks for a connection: the queue of its listener is full."""
    with socket.create_server((GONE, 0), backlog=1) as listener:
        port: int = listener.getsockname()[1]
        held = [socket.create_connection((GONE, port)) for _ in range(2)]
        yield port
        for one in held:
            one.close()


class Answer(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"here")


def test_a_channel_looks_its_name_up_again_when_an_attempt_to_connect_takes_5_s(gone: int) -> None:
    names = Names()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Answer(),))
    server.add_insecure_port(f"{NOW}:{gone}")
    server.start()
    try:
        with open_channel(f"dns://{names.address}/service.test:{gone}", None, SPREAD) as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/any/call")
            # Without the options of the channel it takes 30 s.
            assert call(b"", timeout=20, wait_for_ready=True) == b"here"
            assert names.asked == 2
    finally:
        server.stop(None)
