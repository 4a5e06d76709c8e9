import { z } from "zod";
import { type Config, setting } from "../load-config.ts";
import { defaultInflowLimits, type InflowLimits } from "./inflow.ts";

const count = z.coerce.number().int().min(1);

/** What requests that have not come in full may hold: part of the configuration of a service that listens. */
export const inflowSettings = {
  messageMs: setting(
    "MILLRACE_MESSAGE_MS",
    z.coerce.number().int().min(100).max(3_600_000).default(defaultInflowLimits.messageMs),
    "How long the first message of a call, and each message from its first byte, may take to come in, in milliseconds.",
  ),
  connectionsPerAddress: setting(
    "MILLRACE_CONNECTIONS_PER_ADDRESS",
    count.default(defaultInflowLimits.connectionsPerAddress),
    "Connections at once from one peer address, at each port.",
  ),
  unfinishedPerAddress: setting(
    "MILLRACE_UNFINISHED_PER_ADDRESS",
    count.default(defaultInflowLimits.unfinishedPerAddress),
    "Calls of one peer address whose request has not come in full.",
  ),
  healthCallsPerConnection: setting(
    "MILLRACE_HEALTH_CALLS_PER_CONNECTION",
    count.default(defaultInflowLimits.healthCallsPerConnection),
    "Calls of health and reflection, which need no key or token, at once on one connection for gRPC.",
  ),
  bytesPerConnection: setting(
    "MILLRACE_INFLOW_BYTES_PER_CONNECTION",
    count.default(defaultInflowLimits.bytesPerConnection),
    "Bytes of messages over 64 KiB that one connection may be sending at once; others wait.",
  ),
  bytesPerAddress: setting(
    "MILLRACE_INFLOW_BYTES_PER_ADDRESS",
    count.default(defaultInflowLimits.bytesPerAddress),
    "Bytes of messages over 64 KiB that one peer address may be sending at once; others wait.",
  ),
  bytesPerCaller: setting(
    "MILLRACE_INFLOW_BYTES_PER_KEY",
    count.default(defaultInflowLimits.bytesPerCaller),
    "Bytes of messages over 64 KiB that one API key may be sending at once; others wait.",
  ),
};

export const inflowLimitsOf = (config: Config<typeof inflowSettings>): InflowLimits => ({
  messageMs: config.messageMs,
  connectionsPerAddress: config.connectionsPerAddress,
  unfinishedPerAddress: config.unfinishedPerAddress,
  healthCallsPerConnection: config.healthCallsPerConnection,
  bytesPerConnection: config.bytesPerConnection,
  bytesPerAddress: config.bytesPerAddress,
  bytesPerCaller: config.bytesPerCaller,
});
