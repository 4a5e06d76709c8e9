import { durationMs } from "@bufbuild/protobuf/wkt";
import type { JobSpec, RetryDefaults } from "@millrace/engine";
import type { RetryPolicy } from "@millrace/proto/job";
import { defaultBackoff } from "@millrace/shared";

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

/** A job's retry policy as the engine stores it. The engine carries the backoff as it is, so a new member needs no change there. */
export function jobRetryOf(
  policy: RetryPolicy | undefined,
  defaults: RetryDefaults,
): Pick<JobSpec, "maxAttempts" | "backoff"> {
  const { maxAttempts, initialBackoffMs, maxBackoffMs } = retryOf(policy, defaults);
  return {
    maxAttempts,
    backoff: { ...defaultBackoff, initialMs: initialBackoffMs, maxMs: maxBackoffMs },
  };
}
