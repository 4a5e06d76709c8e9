# Generated from google/rpc/error_details.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool

class ErrorInfo(_pool.Message):
    reason: str
    domain: str
    @property
    def metadata(self) -> _pool.Map[str, str]: ...
    def __init__(
        self,
        *,
        reason: str | None = None,
        domain: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None: ...

class RetryInfo(_pool.Message):
    @property
    def retry_delay(self) -> _pool.Duration: ...
    def __init__(
        self,
        *,
        retry_delay: _pool.Duration | None = None,
    ) -> None: ...

class BadRequest(_pool.Message):

    class FieldViolation(_pool.Message):
        field: str
        description: str
        reason: str
        def __init__(
            self,
            *,
            field: str | None = None,
            description: str | None = None,
            reason: str | None = None,
        ) -> None: ...
    @property
    def field_violations(self) -> _pool.Messages[BadRequest.FieldViolation]: ...
    def __init__(
        self,
        *,
        field_violations: Iterable[BadRequest.FieldViolation] | None = None,
    ) -> None: ...
