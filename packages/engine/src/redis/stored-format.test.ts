/** The number of the stored format keeps a version from reading what it does not understand. */

import { systemClock, systemRandom } from "@millrace/shared";
import { startRedis } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "../index.ts";
import { claimFormat, storedFormat } from "./stored-format.ts";

async function setup() {
  const server = await startRedis({ appendonly: true });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const stored = async () => ({
    written: Number(await redis.zscore("mr:{registry}:format", "written")),
    readable: Number(await redis.zscore("mr:{registry}:format", "readable")),
  });
  const open = async () => {
    const engine = await openEngine({
      ...{ redis: { url: server.url }, clock: systemClock, random: systemRandom },
    });
    onTestFinished(() => engine.close());
  };
  return { redis, stored, open };
}

test("an engine enters its format into an empty store, and into one from before formats had numbers", async () => {
  const { stored, open } = await setup();
  await open();
  expect(await stored()).toEqual(storedFormat);
  await open();
  expect(await stored()).toEqual(storedFormat);
});

test("a version goes on beside a newer one that stores what it can read, and leaves the newer numbers", async () => {
  const { redis, stored, open } = await setup();
  const newer = { written: storedFormat.written + 1, readable: storedFormat.written };
  await claimFormat(redis, "mr", newer);
  await open();
  expect(await stored()).toEqual(newer);
});

test("a version refuses a store that a newer one has written in a way that it cannot read, and changes nothing", async () => {
  const { redis, stored, open } = await setup();
  const newer = { written: storedFormat.written + 2, readable: storedFormat.written + 1 };
  await claimFormat(redis, "mr", newer);
  await expect(open()).rejects.toThrow(
    `a newer Millrace has stored jobs in format ${newer.written}, which versions before format ${newer.readable} cannot read`,
  );
  expect(await stored()).toEqual(newer);
});
