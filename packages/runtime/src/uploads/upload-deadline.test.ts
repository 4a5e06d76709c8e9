import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { withUploadDeadline } from "./upload-deadline.ts";

function setup(times = { idleMs: 100, totalMs: 250 }) {
  const clock = new ManualClock();
  let arrive: (item: string) => void = () => {};
  const items = {
    next: () =>
      new Promise<IteratorResult<string>>((resolve) => {
        arrive = (value) => resolve({ value, done: false });
      }),
  };
  const pieces = withUploadDeadline(items, times, clock);
  return { clock, next: () => pieces.next(), arrive: (item: string) => arrive(item) };
}

const timeout = (ms: number) => ({ reason: "UPLOAD_TIMEOUT", metadata: { limit_ms: String(ms) } });

test("allows an upload to send nothing for as long as the limit, and not a millisecond longer", async () => {
  const { clock, next, arrive } = setup();
  const first = next();
  clock.advance(99);
  arrive("a");
  expect(await first).toEqual({ value: "a", done: false });
  const second = next();
  clock.advance(100);
  await expect(second).rejects.toMatchObject(timeout(100));
  expect(clock.pending).toBe(0);
});

test("ends an upload that goes on at the limit of its total time", async () => {
  const { clock, next, arrive } = setup();
  for (const piece of ["a", "b"]) {
    const coming = next();
    clock.advance(90);
    arrive(piece);
    expect(await coming).toMatchObject({ value: piece });
  }
  const third = next();
  clock.advance(69);
  arrive("c");
  expect(await third).toMatchObject({ value: "c" });
  const last = next();
  clock.advance(1);
  await expect(last).rejects.toMatchObject(timeout(250));
  await expect(next()).rejects.toMatchObject(timeout(250));
});

test("passes on the error that breaks off an upload, and leaves no timer", async () => {
  const clock = new ManualClock();
  const items = { next: () => Promise.reject(new Error("gone")) };
  const pieces = withUploadDeadline(items, { idleMs: 100, totalMs: 250 }, clock);
  await expect(pieces.next()).rejects.toThrow("gone");
  expect(clock.pending).toBe(0);
});
