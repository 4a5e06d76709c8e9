import { expect, test } from "vitest";
import { channelOptions } from "./channel-options.ts";

const common = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
  "grpc.service_config_disable_resolution": 1,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
};
const spread = {
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

test.each([
  ["a caller's", {}, { ...common, ...spread }],
  [
    "a service's",
    { pingsWhenIdle: true },
    { ...common, ...spread, "grpc.keepalive_permit_without_calls": 1 },
  ],
  ["a worker's", { oneStream: true }, { ...common, "grpc.enable_retries": 0 }],
])(
  "gives the %s channel the options that its use names, and no other difference",
  (_, use, options) => {
    expect(channelOptions(use)).toEqual(options);
  },
);
