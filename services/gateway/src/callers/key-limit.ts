import { type RpcFault, rpcError } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";

export const DEFAULT_STREAMS_PER_KEY = 2_000;
export const DEFAULT_SUBMISSIONS_PER_KEY = 2_000;
export const DEFAULT_UPLOADS_PER_KEY = 100;
export const DEFAULT_AWAITED_PER_KEY = 200_000;

/** The retry delay of a refused submission. The scheduler answers the other submissions well within that time. */
const SUBMIT_AGAIN_MS = 1_000;

/** The retry delay of a refused upload. Other uploads make progress meanwhile. */
const UPLOAD_AGAIN_MS = 2_000;

/** A limit per API key on what runs at once in this gateway. One caller's excess does not make other callers wait. */
export interface KeyLimit {
  /**
   * Counts `count` more for the key until the caller disposes of the returned object. Throws the refusal if the key's
   * total would exceed the limit. A key with a total of 0 may enter with any count.
   */
  enter(keyId: KeyId, count?: number): Disposable;
  /** Throws the refusal if one more may not enter. */
  check(keyId: KeyId): void;
}

function keyLimit(most: number, refusal: (count: number) => RpcFault): KeyLimit {
  const counts = new Map<KeyId, number>();
  const refuseBeyond = (keyId: KeyId, count: number) => {
    const held = counts.get(keyId) ?? 0;
    if (held > 0 && held + count > most) throw refusal(held);
    return held;
  };
  return {
    check: (keyId) => void refuseBeyond(keyId, 1),
    enter(keyId, count = 1) {
      counts.set(keyId, refuseBeyond(keyId, count) + count);
      let left = false;
      return {
        [Symbol.dispose]() {
          if (left) return;
          left = true;
          const rest = (counts.get(keyId) ?? count) - count;
          if (rest === 0) counts.delete(keyId);
          else counts.set(keyId, rest);
        },
      };
    },
  };
}

/** Limits the watches, submit streams and calls that wait for a job. A leak in one caller leaves room for the others. */
export const openStreams = (most: number): KeyLimit =>
  keyLimit(most, (count) =>
    rpcError({
      reason: "TOO_MANY_STREAMS",
      message: `this API key has ${count} streams and waiting calls open at this gateway, and the limit is ${most}: end some first`,
      metadata: { limit: String(most) },
    }),
  );

/** Limits the jobs that calls other than SubmitStream have submitted and the scheduler has not answered. */
export const openSubmissions = (most: number): KeyLimit =>
  keyLimit(most, (count) =>
    rpcError({
      reason: "TOO_MANY_SUBMISSIONS",
      message: `this gateway is submitting ${count} jobs of this API key, and the limit is ${most}: submit these jobs again later`,
      metadata: { limit: String(most) },
      retryDelayMs: SUBMIT_AGAIN_MS,
    }),
  );

/** Limits the documents that are being uploaded. Each upload holds a connection and a file. */
export const openUploads = (most: number): KeyLimit =>
  keyLimit(most, (count) =>
    rpcError({
      reason: "TOO_MANY_UPLOADS",
      message: `this gateway is receiving ${count} documents of this API key, and the limit is ${most}: upload this document again later`,
      metadata: { limit: String(most) },
      retryDelayMs: UPLOAD_AGAIN_MS,
    }),
  );
/** A limit on a total over all streams of an API key. */
export interface KeyTotal {
  /** Throws the refusal if the key's total has reached the limit. */
  check(keyId: KeyId): void;
  add(keyId: KeyId, change: number): void;
}

/** Limits the jobs whose end submit streams have not reported yet. Each takes memory in the gateway and the scheduler. */
export function awaitedJobs(most: number): KeyTotal {
  const totals = new Map<KeyId, number>();
  return {
    check(keyId) {
      const held = totals.get(keyId) ?? 0;
      if (held < most) return;
      throw rpcError({
        reason: "TOO_MANY_AWAITED",
        message: `submit streams of this API key await ${held} jobs at this gateway, and the limit is ${most}: read their responses, or end some streams`,
        metadata: { limit: String(most) },
        retryDelayMs: SUBMIT_AGAIN_MS,
      });
    },
    add(keyId, change) {
      const total = (totals.get(keyId) ?? 0) + change;
      if (total === 0) totals.delete(keyId);
      else totals.set(keyId, total);
    },
  };
}
