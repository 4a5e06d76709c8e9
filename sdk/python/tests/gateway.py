"""A gateway of a test's own: a real gRPC server whose answers the test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from millrace import _pool
from millrace._proto.google.rpc import error_details_pb2, status_pb2


class Gateway:
    """Answers calls by functions, and counts them."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[str] = []
        self._functions: dict[str, tuple[str, Any, Callable[..., Any]]] = {}
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((_Handlers(self),))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answers(self, method: Any, function: Callable[..., Any]) -> None:
        """`function` gets the request (or their iterator) and the context of gRPC."""
        kind = {
            _pool.UnaryUnary: "unary_unary",
            _pool.UnaryStream: "unary_stream",
            _pool.StreamUnary: "stream_unary",
        }[type(method)]
        self._functions[method.path] = (kind, method, function)

    def handler(self, path: str) -> grpc.RpcMethodHandler[Any, Any] | None:
        if path not in self._functions:
            return None
        kind, method, function = self._functions[path]
        self.calls.append(path.rsplit("/", 1)[-1])
        make: Any = getattr(grpc, f"{kind}_rpc_method_handler")
        request = _pool.message_class(method.request_name).FromString
        handler: grpc.RpcMethodHandler[Any, Any] = make(function, request, lambda message: message.SerializeToString())
        return handler

    def stop(self) -> None:
        self._server.stop(0).wait()


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        return self._gateway.handler(str(details.method))


@contextmanager
def gateway() -> Iterator[Gateway]:
    one = Gateway()
    yield one
    one.stop()


def refuse(
    context: grpc.ServicerContext,
    code: grpc.StatusCode,
    reason: str | None = None,
    retry_after_ms: int | None = None,
    fields: dict[str, str] | None = None,
) -> Any:
    """Ends a call with a status as Millrace packs it. Without a reason it looks like a broken connection."""
    details: list[Any] = []
    if reason is not None:
        details.append(error_details_pb2.ErrorInfo(reason=reason, domain="millrace.dev", metadata={"limit": "5"}))
    if retry_after_ms is not None:
        delay = _pool.Duration(seconds=retry_after_ms // 1_000, nanos=retry_after_ms % 1_000 * 1_000_000)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if fields:
        bad = error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=name, description=what)
                for name, what in fields.items()
            ]
        )
        details.append(bad)
    status = status_pb2.Status(
        code=code.value[0],
        message="refused by the test",
        details=[
            _pool.AnyMessage(
                type_url=f"type.googleapis.com/google.rpc.{type(detail).__name__}", value=detail.SerializeToString()
            )
            for detail in details
        ],
    )
    if details:
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, "refused by the test")
