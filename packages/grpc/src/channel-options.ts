import type { ChannelOptions } from "@grpc/grpc-js";

/**
 * A dead peer is found in 15 s, by clients and by servers. Proxies and load balancers that drop idle connections without
 * a word see traffic more often than they wait.
 */
export const keepalive = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
} as const satisfies ChannelOptions;

/**
 * Senders keep a message below 4 MiB by what its items weigh, which is an estimate, and an answer may join several:
 * this is several times as much, and bounds what one message may take of a client's memory.
 */
const RECEIVE_BYTES = 16 * 1024 * 1024;

/** In what a client differs from others. Each of these is on purpose; whatever else differs is a mistake. */
export interface ChannelUse {
  /**
   * The channel carries one stream for as long as it lasts, and then the next. gRPC's own repeats are off: they keep
   * messages of the stream in memory, and whoever opens the stream opens another by itself. Calls are not spread over
   * the addresses of a name either, which would hold a connection to each that carries nothing.
   */
  readonly oneStream?: boolean;
  /**
   * A dead peer is also found while there is no call, so that the next call does not wait for that. For services that
   * call one another: a proxy between callers and gateways may take such pings for abuse, and close the connection.
   */
  readonly pingsWhenIdle?: boolean;
}

/**
 * How every client of Millrace connects. A peer that is back is found again after 5 s at most, where gRPC's own bound is
 * two minutes, and one that was away for a moment within a quarter of a second. Calls are spread over all addresses of
 * a name.
 */
export const channelOptions = ({
  oneStream = false,
  pingsWhenIdle = false,
}: ChannelUse = {}): ChannelOptions => ({
  ...keepalive,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.max_receive_message_length": RECEIVE_BYTES,
  ...(pingsWhenIdle ? { "grpc.keepalive_permit_without_calls": 1 } : {}),
  ...(oneStream
    ? { "grpc.enable_retries": 0 }
    : { "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }) }),
});
