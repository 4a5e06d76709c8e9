import { create, fromJson, toJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isTime, timeMs, timestampOf } from "./timestamps.ts";

const read = (text: string) => timeMs(fromJson(TimestampSchema, text));
const written = (ms: number) => toJson(TimestampSchema, timestampOf(ms));

test("rounds a time to the nearest millisecond, but not into the year 10000", () => {
  expect(read("2026-11-29T00:00:00.0006Z") - read("2026-11-29T00:00:00Z")).toBe(1);
  expect(written(read("9999-12-31T23:59:59.999Z"))).toBe("9999-12-31T23:59:59.999Z");
  expect(written(read("9999-12-31T23:59:59.999999999Z"))).toBe("9999-12-31T23:59:59.999Z");
  expect(written(read("0001-01-01T00:00:00Z"))).toBe("0001-01-01T00:00:00Z");
});

test.each([
  [253_402_300_799n, 999_999_999, true],
  [253_402_300_800n, 0, false],
  [-62_135_596_800n, 0, true],
  [-62_135_596_801n, 999_999_999, false],
  [0n, 1_000_000_000, false],
  [0n, -1, false],
  [2n ** 62n, 0, false],
])(
  "tells whether %d s and %d ns are a time that can be written: %j",
  (seconds, nanos, expected) => {
    expect(isTime(create(TimestampSchema, { seconds, nanos }))).toBe(expected);
  },
);

test("writes every time that came in or was stored", () => {
  const timestamp = fc.record({
    seconds: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    nanos: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  });
  fc.assert(
    fc.property(timestamp, (init) => {
      const ms = timeMs(create(TimestampSchema, init));
      expect(read(written(ms) as string)).toBe(ms);
    }),
  );
  fc.assert(
    fc.property(fc.double(), (ms) => {
      expect(written(ms)).toMatch(/^\d{4}-/);
    }),
  );
});
