import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs, defaultBackoff } from "./backoff.ts";
import type { Random } from "./random.ts";

const always = (value: number): Random => ({ next: () => value, bytes: () => new Uint8Array() });

test("without jitter, the backoff doubles from 2 s up to 5 min", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 25].map((attempt) =>
    backoffMs(defaultBackoff, attempt, always(0)),
  );
  expect(waits).toEqual([
    2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ]);
});

test("jitter shortens the backoff by at most its share", () => {
  expect(backoffMs({ ...defaultBackoff, jitter: 0.5 }, 1, always(0.5))).toBe(1_500);
  expect(backoffMs({ ...defaultBackoff, jitter: 1 }, 1, always(0.999999))).toBe(0);
  expect(backoffMs({ ...defaultBackoff, jitter: 0 }, 1, always(0.999999))).toBe(2_000);
});

test("no attempt waits longer than the maximum", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, chance) => {
        const wait = backoffMs(defaultBackoff, attempt, always(chance));
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(defaultBackoff.maxMs);
      },
    ),
  );
});
