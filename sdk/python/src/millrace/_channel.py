"""How the SDK's channels are set up."""

from __future__ import annotations

import json

import grpc

from millrace.tls import Tls

ChannelOptions = list[tuple[str, str | int]]

COMMON: ChannelOptions = [
    # A dead peer is noticed within 15 s, and proxies keep the connection.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A client reconnects within 250 ms after a short outage, and within 5 s after a long one.
    # Pods that have gone do not refuse connections: an attempt ends after 5 s, and the name is looked up again.
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # The SDK retries by itself. gRPC's retries would keep every message of a long stream.
    ("grpc.enable_retries", 0),
    # Channels of two clients do not share a connection, so that closing one does not touch the other.
    ("grpc.use_local_subchannel_pool", 1),
]
SPREAD: ChannelOptions = [
    *COMMON,
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
]


def open_channel(address: str, tls: Tls | None, options: ChannelOptions) -> grpc.Channel:
    """Opens a channel, which connects at its first call."""
    if tls is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, tls.credentials(), options)
