# Generated from millrace/webhooks/v1/webhook_service.proto by `pnpm generate`. Do not edit.
from collections.abc import Iterable, Mapping
from typing import Literal

from millrace import _pool
import millrace._proto.webhooks.v1.webhook_endpoint_pb2

class CreateWebhookEndpointRequest(_pool.Message):
    url: str
    @property
    def event_types(self) -> _pool.Scalars[str]: ...
    name: str
    include_result: bool
    secret: str
    @property
    def queues(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        url: str | None = None,
        event_types: Iterable[str] | None = None,
        name: str | None = None,
        include_result: bool | None = None,
        secret: str | None = None,
        queues: Iterable[str] | None = None,
    ) -> None: ...

class CreateWebhookEndpointResponse(_pool.Message):
    @property
    def endpoint(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint: ...
    secret: str
    def __init__(
        self,
        *,
        endpoint: millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint | None = None,
        secret: str | None = None,
    ) -> None: ...

class GetWebhookEndpointRequest(_pool.Message):
    endpoint_id: str
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
    ) -> None: ...

class GetWebhookEndpointResponse(_pool.Message):
    @property
    def endpoint(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint: ...
    def __init__(
        self,
        *,
        endpoint: millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint | None = None,
    ) -> None: ...

class ListWebhookEndpointsRequest(_pool.Message):
    def __init__(self) -> None: ...

class ListWebhookEndpointsResponse(_pool.Message):
    @property
    def endpoints(self) -> _pool.Messages[millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint]: ...
    def __init__(
        self,
        *,
        endpoints: Iterable[millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint] | None = None,
    ) -> None: ...

class UpdateWebhookEndpointRequest(_pool.Message):
    endpoint_id: str
    url: str
    @property
    def event_types(self) -> WebhookEventTypes: ...
    name: str
    include_result: bool
    enabled: bool
    etag: str
    @property
    def queues(self) -> WebhookQueues: ...
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
        url: str | None = None,
        event_types: WebhookEventTypes | None = None,
        name: str | None = None,
        include_result: bool | None = None,
        enabled: bool | None = None,
        etag: str | None = None,
        queues: WebhookQueues | None = None,
    ) -> None: ...

class WebhookQueues(_pool.Message):
    @property
    def names(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        names: Iterable[str] | None = None,
    ) -> None: ...

class WebhookEventTypes(_pool.Message):
    @property
    def types(self) -> _pool.Scalars[str]: ...
    def __init__(
        self,
        *,
        types: Iterable[str] | None = None,
    ) -> None: ...

class UpdateWebhookEndpointResponse(_pool.Message):
    @property
    def endpoint(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint: ...
    def __init__(
        self,
        *,
        endpoint: millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookEndpoint | None = None,
    ) -> None: ...

class DeleteWebhookEndpointRequest(_pool.Message):
    endpoint_id: str
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
    ) -> None: ...

class DeleteWebhookEndpointResponse(_pool.Message):
    def __init__(self) -> None: ...

class RotateWebhookSecretRequest(_pool.Message):
    endpoint_id: str
    secret: str
    revoke_former: bool
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
        secret: str | None = None,
        revoke_former: bool | None = None,
    ) -> None: ...

class RotateWebhookSecretResponse(_pool.Message):
    secret: str
    @property
    def former_secret_expire_time(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        secret: str | None = None,
        former_secret_expire_time: _pool.Timestamp | None = None,
    ) -> None: ...

class GetCallbackSecretRequest(_pool.Message):
    def __init__(self) -> None: ...

class GetCallbackSecretResponse(_pool.Message):
    secret: str
    def __init__(
        self,
        *,
        secret: str | None = None,
    ) -> None: ...

class SendTestEventRequest(_pool.Message):
    endpoint_id: str
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
    ) -> None: ...

class SendTestEventResponse(_pool.Message):
    @property
    def delivery(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery: ...
    def __init__(
        self,
        *,
        delivery: millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery | None = None,
    ) -> None: ...

class ListWebhookDeliveriesRequest(_pool.Message):
    endpoint_id: str
    state: int
    page_size: int
    page_token: str
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
        state: int | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> None: ...

class ListWebhookDeliveriesResponse(_pool.Message):
    @property
    def deliveries(self) -> _pool.Messages[millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery]: ...
    next_page_token: str
    def __init__(
        self,
        *,
        deliveries: Iterable[millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery] | None = None,
        next_page_token: str | None = None,
    ) -> None: ...

class GetWebhookDeliveryRequest(_pool.Message):
    delivery_id: str
    def __init__(
        self,
        *,
        delivery_id: str | None = None,
    ) -> None: ...

class GetWebhookDeliveryResponse(_pool.Message):
    @property
    def delivery(self) -> millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery: ...
    def __init__(
        self,
        *,
        delivery: millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery | None = None,
    ) -> None: ...

class RedeliverWebhooksRequest(_pool.Message):
    delivery_id: str
    @property
    def failed(self) -> FailedDeliveries: ...
    def __init__(
        self,
        *,
        delivery_id: str | None = None,
        failed: FailedDeliveries | None = None,
    ) -> None: ...
    def WhichOneof(self, oneof_group: Literal["what"]) -> Literal["delivery_id", "failed"] | None: ...

class FailedDeliveries(_pool.Message):
    endpoint_id: str
    @property
    def since(self) -> _pool.Timestamp: ...
    def __init__(
        self,
        *,
        endpoint_id: str | None = None,
        since: _pool.Timestamp | None = None,
    ) -> None: ...

class RedeliverWebhooksResponse(_pool.Message):
    @property
    def deliveries(self) -> _pool.Messages[millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery]: ...
    more: bool
    def __init__(
        self,
        *,
        deliveries: Iterable[millrace._proto.webhooks.v1.webhook_endpoint_pb2.WebhookDelivery] | None = None,
        more: bool | None = None,
    ) -> None: ...

class WebhookService:
    CreateWebhookEndpoint: _pool.UnaryUnary[CreateWebhookEndpointRequest, CreateWebhookEndpointResponse]
    GetWebhookEndpoint: _pool.UnaryUnary[GetWebhookEndpointRequest, GetWebhookEndpointResponse]
    ListWebhookEndpoints: _pool.UnaryUnary[ListWebhookEndpointsRequest, ListWebhookEndpointsResponse]
    UpdateWebhookEndpoint: _pool.UnaryUnary[UpdateWebhookEndpointRequest, UpdateWebhookEndpointResponse]
    DeleteWebhookEndpoint: _pool.UnaryUnary[DeleteWebhookEndpointRequest, DeleteWebhookEndpointResponse]
    RotateWebhookSecret: _pool.UnaryUnary[RotateWebhookSecretRequest, RotateWebhookSecretResponse]
    GetCallbackSecret: _pool.UnaryUnary[GetCallbackSecretRequest, GetCallbackSecretResponse]
    SendTestEvent: _pool.UnaryUnary[SendTestEventRequest, SendTestEventResponse]
    ListWebhookDeliveries: _pool.UnaryUnary[ListWebhookDeliveriesRequest, ListWebhookDeliveriesResponse]
    GetWebhookDelivery: _pool.UnaryUnary[GetWebhookDeliveryRequest, GetWebhookDeliveryResponse]
    RedeliverWebhooks: _pool.UnaryUnary[RedeliverWebhooksRequest, RedeliverWebhooksResponse]
