import type { Random } from "@millrace/shared";

/**
 * Returns the same numbers for the same seed, by the SplitMix32 mixer. It is for tests only, because its numbers
 * can be predicted.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const nextUint32 = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    next: () => nextUint32() / 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => nextUint32() >>> 24),
  };
}
