# Generated from millrace/jobs/v1/spend.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool

class SpendFilter(_pool.Message):
    first_day: str
    last_day: str
    @property
    def group_by(self) -> _pool.Scalars[int]: ...
    @property
    def group_labels(self) -> _pool.Scalars[str]: ...
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        first_day: str | None = None,
        last_day: str | None = None,
        group_by: Iterable[int] | None = None,
        group_labels: Iterable[str] | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> None: ...

class SpendPage(_pool.Message):
    @property
    def rows(self) -> _pool.Messages[SpendRow]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        rows: Iterable[SpendRow] | None = None,
        next_page_token: str | None = None,
    ) -> None: ...

class SpendRow(_pool.Message):
    day: str
    key_id: str
    model: str
    account: str
    @property
    def labels(self) -> _pool.Map[str, str]: ...
    other_labels: bool
    attempts: int
    unpriced_attempts: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    provider_calls: int
    cost_micros: int
    def __init__(
        self,
        *,
        day: str | None = None,
        key_id: str | None = None,
        model: str | None = None,
        account: str | None = None,
        labels: Mapping[str, str] | None = None,
        other_labels: bool | None = None,
        attempts: int | None = None,
        unpriced_attempts: int | None = None,
        input_tokens: int | None = None,
        cached_input_tokens: int | None = None,
        output_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        provider_calls: int | None = None,
        cost_micros: int | None = None,
    ) -> None: ...

SpendGrouping: _pool.EnumNames
SPEND_GROUPING_UNSPECIFIED: int
SPEND_GROUPING_DAY: int
SPEND_GROUPING_KEY: int
SPEND_GROUPING_MODEL: int
SPEND_GROUPING_ACCOUNT: int
