import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { withHeartbeat } from "./heartbeat.ts";

function setup() {
  const clock = new ManualClock();
  let give = Promise.withResolvers<string | undefined>();
  let returned = false;
  async function* source() {
    try {
      for (let item = await give.promise; item !== undefined; item = await give.promise) {
        give = Promise.withResolvers();
        yield item;
      }
    } finally {
      returned = true;
    }
  }
  const beats = withHeartbeat(source(), "beat", { clock, everyMs: 15_000 });
  return {
    clock,
    beats,
    give: (item?: string) => give.resolve(item),
    fail: (error: Error) => give.reject(error),
    returned: () => returned,
  };
}

test("sends a beat after every silence, and not before", async () => {
  const { clock, beats, give } = setup();
  for (let beat = 0; beat < 3; beat += 1) {
    const next = beats.next();
    clock.advance(14_999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await next).toEqual({ done: false, value: "beat" });
  }
  const next = beats.next();
  clock.advance(14_999);
  give("item");
  expect(await next).toEqual({ done: false, value: "item" });
  expect(clock.pending).toBe(0);
});

test("leaves no timer after the end, a failure or an early return", async () => {
  const ended = setup();
  ended.give();
  expect((await ended.beats.next()).done).toBe(true);
  const failed = setup();
  failed.fail(new Error("away"));
  await expect(failed.beats.next()).rejects.toThrow("away");
  const left = setup();
  left.give("item");
  await left.beats.next();
  await left.beats.return(undefined);
  for (const { clock } of [ended, failed, left]) expect(clock.pending).toBe(0);
  expect(left.returned()).toBe(true);
});
