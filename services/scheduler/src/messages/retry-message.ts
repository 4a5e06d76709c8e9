import { durationMs } from "@bufbuild/protobuf/wkt";
import type { RetryDefaults } from "@millrace/engine";
import type { RetryPolicy } from "@millrace/proto/job";

/** A policy with `defaults` for each field that it leaves out. A first wait that is given is never cut by a default. */
export function retryOf(policy: RetryPolicy | undefined, defaults: RetryDefaults): RetryDefaults {
  const { maxAttempts, initialBackoff, maxBackoff } = policy ?? {};
  const initialBackoffMs = initialBackoff ? durationMs(initialBackoff) : defaults.initialBackoffMs;
  return {
    maxAttempts: maxAttempts || defaults.maxAttempts,
    initialBackoffMs,
    maxBackoffMs: maxBackoff
      ? durationMs(maxBackoff)
      : Math.max(defaults.maxBackoffMs, initialBackoffMs),
  };
}
