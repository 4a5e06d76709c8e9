import { rpcError } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";

export const DEFAULT_STREAMS_PER_KEY = 10_000;

export interface OpenStreams {
  /** Counts a stream of the key in until what it returns is disposed of. Throws TOO_MANY_STREAMS. */
  enter(keyId: KeyId): Disposable;
}

/** How many streams each API key has open at this gateway: one caller's leak leaves room for the others. */
export function openStreams(most: number): OpenStreams {
  const open = new Map<KeyId, number>();
  return {
    enter(keyId) {
      const count = open.get(keyId) ?? 0;
      if (count >= most) {
        throw rpcError({
          reason: "TOO_MANY_STREAMS",
          message: `this API key has ${count} streams open at this gateway, and may have ${most}: end some first`,
          metadata: { limit: String(most) },
        });
      }
      open.set(keyId, count + 1);
      let left = false;
      return {
        [Symbol.dispose]() {
          if (left) return;
          left = true;
          const rest = (open.get(keyId) ?? 1) - 1;
          if (rest === 0) open.delete(keyId);
          else open.set(keyId, rest);
        },
      };
    },
  };
}
