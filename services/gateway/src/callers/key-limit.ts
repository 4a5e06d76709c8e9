import { type RpcFault, rpcError } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";

export const DEFAULT_STREAMS_PER_KEY = 2_000;
export const DEFAULT_SUBMISSIONS_PER_KEY = 2_000;
export const DEFAULT_UPLOADS_PER_KEY = 100;
export const DEFAULT_AWAITED_PER_KEY = 200_000;

/** When a job is to be submitted again that there were too many beside: those are answered well within it. */
const SUBMIT_AGAIN_MS = 1_000;

/** When an upload is to be begun again: the others have been at work meanwhile. */
const UPLOAD_AGAIN_MS = 2_000;

/** How much of one thing each API key has in hand at this gateway: what one caller has too much of, others do not wait for. */
export interface KeyLimit {
  /**
   * Counts so many in until what it returns is disposed of. Throws the refusal if there are too many then;
   * whoever has none may have any number at once.
   */
  enter(keyId: KeyId, count?: number): Disposable;
  /** Throws the refusal if not one more may enter. */
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

/** Watches, submit streams and calls that wait for a job: one caller's leak leaves room for the others. */
export const openStreams = (most: number): KeyLimit =>
  keyLimit(most, (count) =>
    rpcError({
      reason: "TOO_MANY_STREAMS",
      message: `this API key has ${count} streams and waiting calls open at this gateway, and may have ${most}: end some first`,
      metadata: { limit: String(most) },
    }),
  );

/** Jobs of unary calls that the scheduler has not answered yet. */
export const openSubmissions = (most: number): KeyLimit =>
  keyLimit(most, (count) =>
    rpcError({
      reason: "TOO_MANY_SUBMISSIONS",
      message: `${count} jobs of this API key are being submitted at this gateway, and ${most} may be: submit these later`,
      metadata: { limit: String(most) },
      retryDelayMs: SUBMIT_AGAIN_MS,
    }),
  );

/** Documents that are being uploaded: each holds a connection and a file. */
export const openUploads = (most: number): KeyLimit =>
  keyLimit(most, (count) =>
    rpcError({
      reason: "TOO_MANY_UPLOADS",
      message: `${count} documents of this API key are being uploaded at this gateway, and ${most} may be: upload this one later`,
      metadata: { limit: String(most) },
      retryDelayMs: UPLOAD_AGAIN_MS,
    }),
  );
/** What all streams of a key hold of one thing. */
export interface KeyTotal {
  /** Throws the refusal if the key holds all that it may. */
  check(keyId: KeyId): void;
  add(keyId: KeyId, change: number): void;
}

/** Jobs whose end submit streams have yet to tell: each costs memory here and at the scheduler. */
export function awaitedJobs(most: number): KeyTotal {
  const totals = new Map<KeyId, number>();
  return {
    check(keyId) {
      const held = totals.get(keyId) ?? 0;
      if (held < most) return;
      throw rpcError({
        reason: "TOO_MANY_AWAITED",
        message: `submit streams of this API key wait for ${held} jobs at this gateway, and may for ${most}: read what they tell, or end some`,
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
