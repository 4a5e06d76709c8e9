import { durationMs } from "@bufbuild/protobuf/wkt";
import type { RetryDefaults } from "@millrace/engine";
import type { RetryPolicy } from "@millrace/proto/job";

/** Fills a retry policy with `defaults`. A default maximum never cuts an initial backoff that is given. */
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
