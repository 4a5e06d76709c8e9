# Generated from google/rpc/status.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool

class Status(_pool.Message):
    code: int
    message: str
    @property
    def details(self) -> _pool.Messages[_pool.AnyMessage]: ...
    def __init__(
        self,
        *,
        code: int | None = None,
        message: str | None = None,
        details: Iterable[_pool.AnyMessage] | None = None,
    ) -> None: ...
