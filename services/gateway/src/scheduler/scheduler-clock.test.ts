import { rpcError, timestampOf } from "@millrace/runtime";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Scheduler } from "./scheduler-client.ts";
import { schedulerClock } from "./scheduler-clock.ts";

const MINUTES = 60_000;

/** A scheduler whose clock is `aheadMs` ahead of this machine, and whose answers take a given time to arrive. */
function setup(aheadMs: number) {
  const local = new ManualClock(1_000 * MINUTES);
  const state = { aheadMs, backMs: 0, fault: undefined as Error | undefined, asked: 0 };
  const scheduler = {
    async getTime() {
      state.asked += 1;
      if (state.fault !== undefined) throw state.fault;
      await undefined;
      const time = timestampOf(local.nowMs() + state.aheadMs);
      local.advance(state.backMs);
      return { time };
    },
  } as unknown as Pick<Scheduler, "getTime">;
  const clock = schedulerClock({ scheduler, local });
  onTestFinished(() => clock.close());
  const aheadNow = () => clock.nowMs() - local.nowMs();
  /** Resolves when the next measurement is done. */
  const measured = async () => {
    local.advance(5_000);
    await new Promise(setImmediate);
  };
  return { clock, local, state, aheadNow, measured };
}

test.each([10 * MINUTES, -10 * MINUTES])(
  "uses the clock of a scheduler that is %d ms ahead",
  async (aheadMs) => {
    const { clock, aheadNow } = setup(aheadMs);
    expect(aheadNow()).toBe(0);
    await clock.known();
    expect(aheadNow()).toBe(aheadMs);
  },
);

test("is never ahead of the scheduler's clock, however long the answer took", async () => {
  const { clock, state, aheadNow } = setup(MINUTES);
  state.backMs = 200;
  await clock.known();
  expect(aheadNow()).toBe(MINUTES - 200);
});

test("follows a change of the scheduler's clock, but not with an answer that took long", async () => {
  const { clock, state, aheadNow, measured } = setup(MINUTES);
  await clock.known();
  await measured();
  state.aheadMs = 2 * MINUTES;
  state.backMs = 251;
  await measured();
  expect(aheadNow()).toBe(MINUTES);
  state.backMs = 250;
  await measured();
  expect(aheadNow()).toBe(2 * MINUTES - 250);
});

test("does not know the time without a scheduler, and keeps the last measurement", async () => {
  const { clock, state, aheadNow, measured } = setup(MINUTES);
  state.fault = rpcError({ reason: "SCHEDULER_UNAVAILABLE", message: "away" });
  await expect(clock.known()).rejects.toMatchObject({ reason: "SCHEDULER_UNAVAILABLE" });
  state.fault = undefined;
  await clock.known();
  state.fault = rpcError({ reason: "SCHEDULER_UNAVAILABLE", message: "away" });
  await measured();
  await clock.known();
  expect(aheadNow()).toBe(MINUTES);
});

test("uses the gateway's own clock with a scheduler of an older version", async () => {
  const { clock, state, aheadNow } = setup(MINUTES);
  state.fault = rpcError({ reason: "NOT_IMPLEMENTED", message: "no" });
  await clock.known();
  expect(aheadNow()).toBe(0);
});

test("uses the best answer while all take long, and measures again soon", async () => {
  const { clock, local, state, aheadNow } = setup(MINUTES);
  state.backMs = 900;
  await clock.known();
  await new Promise(setImmediate);
  expect(aheadNow()).toBe(MINUTES - 900);
  state.backMs = 800;
  local.advance(200);
  await new Promise(setImmediate);
  expect(aheadNow()).toBe(MINUTES - 800);
  state.backMs = 10;
  local.advance(200);
  await new Promise(setImmediate);
  expect(aheadNow()).toBe(MINUTES - 10);
});
