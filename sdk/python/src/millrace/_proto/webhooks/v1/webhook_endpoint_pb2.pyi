# Generated from millrace/webhooks/v1/webhook_endpoint.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool

class WebhookEndpoint(_pool.Message):
    id: str
    name: str
    url: str
    @property
    def event_types(self) -> _pool.Scalars[str]: ...
    include_result: bool
    enabled: bool
    disabled_reason: int
    @property
    def create_time(self) -> _pool.Timestamp: ...
    @property
    def update_time(self) -> _pool.Timestamp: ...
    secret_hint: str
    @property
    def former_secret_expire_time(self) -> _pool.Timestamp: ...
    @property
    def failing_since(self) -> _pool.Timestamp: ...
    etag: str
    @property
    def queues(self) -> _pool.Scalars[str]: ...
    @property
    def pause(self) -> WebhookPause: ...
    def __init__(
        self,
        *,
        id: str | None = None,
        name: str | None = None,
        url: str | None = None,
        event_types: Iterable[str] | None = None,
        include_result: bool | None = None,
        enabled: bool | None = None,
        disabled_reason: int | None = None,
        create_time: _pool.Timestamp | None = None,
        update_time: _pool.Timestamp | None = None,
        secret_hint: str | None = None,
        former_secret_expire_time: _pool.Timestamp | None = None,
        failing_since: _pool.Timestamp | None = None,
        etag: str | None = None,
        queues: Iterable[str] | None = None,
        pause: WebhookPause | None = None,
    ) -> None: ...

class WebhookPause(_pool.Message):
    reason: int
    @property
    def since(self) -> _pool.Timestamp: ...
    @property
    def until(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        reason: int | None = None,
        since: _pool.Timestamp | None = None,
        until: _pool.Timestamp | None = None,
    ) -> None: ...

class WebhookDelivery(_pool.Message):
    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    url: str
    subject_id: str
    state: int
    @property
    def create_time(self) -> _pool.Timestamp: ...
    @property
    def next_attempt_time(self) -> _pool.Timestamp: ...
    @property
    def attempts(self) -> _pool.Messages[WebhookAttempt]: ...
    body_json: str
    def __init__(
        self,
        *,
        id: str | None = None,
        endpoint_id: str | None = None,
        event_id: str | None = None,
        event_type: str | None = None,
        url: str | None = None,
        subject_id: str | None = None,
        state: int | None = None,
        create_time: _pool.Timestamp | None = None,
        next_attempt_time: _pool.Timestamp | None = None,
        attempts: Iterable[WebhookAttempt] | None = None,
        body_json: str | None = None,
    ) -> None: ...

class WebhookAttempt(_pool.Message):
    attempt: int
    @property
    def start_time(self) -> _pool.Timestamp: ...
    @property
    def latency(self) -> _pool.Duration: ...
    status: int
    answer: str
    failure: str
    reason: str
    def __init__(
        self,
        *,
        attempt: int | None = None,
        start_time: _pool.Timestamp | None = None,
        latency: _pool.Duration | None = None,
        status: int | None = None,
        answer: str | None = None,
        failure: str | None = None,
        reason: str | None = None,
    ) -> None: ...

class Callback(_pool.Message):
    url: str
    @property
    def event_types(self) -> _pool.Scalars[str]: ...
    include_result: bool
    def __init__(
        self,
        *,
        url: str | None = None,
        event_types: Iterable[str] | None = None,
        include_result: bool | None = None,
    ) -> None: ...

WebhookPauseReason: _pool.EnumNames
WEBHOOK_PAUSE_REASON_UNSPECIFIED: int
WEBHOOK_PAUSE_REASON_BUSY: int
WEBHOOK_PAUSE_REASON_FAILING: int

WebhookDisabledReason: _pool.EnumNames
WEBHOOK_DISABLED_REASON_UNSPECIFIED: int
WEBHOOK_DISABLED_REASON_GONE: int
WEBHOOK_DISABLED_REASON_FAILING: int

WebhookDeliveryState: _pool.EnumNames
WEBHOOK_DELIVERY_STATE_UNSPECIFIED: int
WEBHOOK_DELIVERY_STATE_PENDING: int
WEBHOOK_DELIVERY_STATE_DELIVERED: int
WEBHOOK_DELIVERY_STATE_FAILED: int
WEBHOOK_DELIVERY_STATE_CANCELLED: int
