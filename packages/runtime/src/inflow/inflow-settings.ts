import { wholeNumber } from "../issue-words.ts";
import { type Config, setting } from "../load-config.ts";
import { defaultInflowLimits, type InflowLimits } from "./inflow.ts";

const count = wholeNumber(1);

/** Settings of every service that listens: limits on requests that have not arrived completely. */
export const inflowSettings = {
  messageMs: setting(
    "MILLRACE_MESSAGE_MS",
    wholeNumber(100, 3_600_000).default(defaultInflowLimits.messageMs),
    "How long the first message of a call, and each message from its first byte, may take to arrive, in milliseconds.",
  ),
  connectionsPerAddress: setting(
    "MILLRACE_CONNECTIONS_PER_ADDRESS",
    count.default(defaultInflowLimits.connectionsPerAddress),
    "How many connections one peer address may have open at once, at each port.",
  ),
  unfinishedPerAddress: setting(
    "MILLRACE_UNFINISHED_PER_ADDRESS",
    count.default(defaultInflowLimits.unfinishedPerAddress),
    "How many calls of one peer address may have a request that has not arrived completely.",
  ),
  healthCallsPerConnection: setting(
    "MILLRACE_HEALTH_CALLS_PER_CONNECTION",
    count.default(defaultInflowLimits.healthCallsPerConnection),
    "How many calls of health and reflection, which need no key or token, may run at once on one gRPC connection.",
  ),
  bytesPerConnection: setting(
    "MILLRACE_INFLOW_BYTES_PER_CONNECTION",
    count.default(defaultInflowLimits.bytesPerConnection),
    "How many bytes of messages over 64 KiB one connection may be sending at once; further messages wait.",
  ),
  bytesPerAddress: setting(
    "MILLRACE_INFLOW_BYTES_PER_ADDRESS",
    count.default(defaultInflowLimits.bytesPerAddress),
    "How many bytes of messages over 64 KiB one peer address may be sending at once; further messages wait.",
  ),
  bytesPerCaller: setting(
    "MILLRACE_INFLOW_BYTES_PER_KEY",
    count.default(defaultInflowLimits.bytesPerCaller),
    "How many bytes of messages over 64 KiB one API key may be sending at once; further messages wait.",
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
