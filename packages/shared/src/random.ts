import { randomBytes } from "node:crypto";

/** Random numbers, passed as an argument, so that tests can replay them from a seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** Bytes are drawn in a batch: asking the system for six bytes costs as much as for a few thousand. */
const POOL_BYTES = 6 * 1_024;
let pool = Buffer.alloc(0);
let used = 0;

/** Cryptographically secure. Ids and secrets are made from it. */
export const systemRandom: Random = {
  next() {
    if (used === pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += 6;
    return pool.readUIntBE(used - 6, 6) / 2 ** 48;
  },
  bytes: (length) => randomBytes(length),
};
