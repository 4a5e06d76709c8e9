import type { ChannelOptions } from "@grpc/grpc-js";

/**
 * gRPC keepalive pings. Clients and servers detect a dead peer within 15 s. Proxies and load balancers that silently drop
 * idle connections see traffic often enough to keep them.
 */
export const keepalive = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
} as const;

/**
 * The longest message that a client accepts. It bounds the memory that one message may take. Senders estimate the size
 * of their items to keep a message below 4 MiB, and an answer may combine several such messages, hence the margin.
 */
const RECEIVE_BYTES = 16 * 1024 * 1024;

/**
 * How often a name may be looked up, at most, after connections have failed. Pods are replaced within seconds, and gRPC's own
 * limit is 30 s. The system and the name server have caches of their own.
 */
const RESOLUTION_MS = 1_000;

/** How one client may differ from others. Every difference that is not listed here is a mistake. */
export interface ChannelUse {
  /**
   * The channel carries one long stream at a time, and its user reopens a broken stream. This disables gRPC's own retries,
   * which would buffer the stream's messages, and load balancing, which would hold idle connections to all addresses.
   */
  readonly oneStream?: boolean;
  /**
   * The client pings also while it has no call, so that its next call does not wait for a dead peer. Use this between our own
   * services only: a proxy between callers and gateways may take such pings for abuse, and close the connection.
   */
  readonly pingsWhenIdle?: boolean;
}

/**
 * The channel options of every Millrace client. A client reconnects within 250 ms after a short outage, and within 5 s after
 * a long one; gRPC's own maximum is two minutes. It looks the name up again after each failure, at most once a second. Calls are balanced over all addresses of a name.
 */
export const channelOptions = ({
  oneStream = false,
  pingsWhenIdle = false,
}: ChannelUse = {}): ChannelOptions => ({
  ...keepalive,
  "grpc.dns_min_time_between_resolutions_ms": RESOLUTION_MS,
  // gRPC would also ask the name server for a configuration in a TXT record, at every resolution.
  "grpc.service_config_disable_resolution": 1,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.max_receive_message_length": RECEIVE_BYTES,
  ...(pingsWhenIdle ? { "grpc.keepalive_permit_without_calls": 1 } : {}),
  ...(oneStream
    ? { "grpc.enable_retries": 0 }
    : { "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }) }),
});
