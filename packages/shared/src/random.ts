import { randomBytes } from "node:crypto";

/** Chance as a constructor argument, so that tests can replay it from a seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** Cryptographically strong: ids and secrets come from here. */
export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (length) => randomBytes(length),
};
