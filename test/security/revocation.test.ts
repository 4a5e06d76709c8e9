/** A key that is revoked, or whose secret is rotated out, ends its calls that last, by every protocol. */
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type LocalSystem, startSystem } from "@millrace/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpCaller } from "../e2e/http-system.ts";
import { adminOf } from "../faults/setup.ts";
import { eventsByHttp1, eventsByHttp2, openAll } from "./lasting-calls.ts";

let system: LocalSystem;
beforeAll(async () => {
  const gateway = { MILLRACE_KEY_CACHE_MS: "1000" };
  system = await startSystem({ workers: 0, settings: { gateway } });
});
afterAll(() => system[Symbol.asyncDispose]());

/** A caller with a job that runs, and everything open that can last. */
async function setup() {
  const caller = await httpCaller(system);
  const { next } = caller.startWorker();
  const { id } = (await (await caller.postJob()).json()) as { id: string };
  const held = await next();
  const streams = await Promise.all([eventsByHttp1(caller, id), eventsByHttp2(system, caller, id)]);
  const calls = await openAll(system, caller, id);
  return {
    ...{ caller, id, held },
    /** When each call ended; fails where one ended otherwise than by the loss of its key. */
    async ends() {
      const endings = await calls.ended();
      const refused = {
        reason: "UNAUTHENTICATED",
        message: expect.stringContaining("it was revoked or replaced"),
        atMs: expect.any(Number),
      };
      expect(endings).toEqual(Object.fromEntries(calls.names.map((name) => [name, refused])));
      const cuts = await Promise.all(streams.map(({ ended }) => ended));
      for (const { heard, cut } of cuts) {
        expect(heard.endsWith("\n\n: UNAUTHENTICATED\n\n")).toBe(true);
        expect(cut).toBe(true);
      }
      return [...Object.values(endings), ...cuts].map(({ atMs }) => atMs);
    },
  };
}

/** Another key, whose stream of events is to go on to its job's end. */
async function bystander() {
  const caller = await httpCaller(system);
  const { next } = caller.startWorker();
  const { id } = (await (await caller.postJob()).json()) as { id: string };
  const held = await next();
  const { ended } = await eventsByHttp1(caller, id);
  return async () => {
    held.finish({ calm: true });
    const { heard, cut } = await ended;
    expect(heard).toMatch(/event: job\ndata: .*"JOB_STATE_SUCCEEDED".*\n\n$/);
    expect(cut).toBe(false);
  };
}

test("a revoked key's calls that last end, each with why, and another key's go on", async () => {
  const goesOn = await bystander();
  const { caller, ends } = await setup();
  await adminOf(system).revokeApiKey({ keyId: caller.keyId });
  await ends();
  await goesOn();
});

test("a secret that is rotated out at once ends the calls that showed it, and the new one works", async () => {
  const goesOn = await bystander();
  const { caller, id, ends } = await setup();
  const { key } = await adminOf(system).rotateApiKey({
    ...{ keyId: caller.keyId, grace: { seconds: 0n } },
  });
  await ends();
  expect((await caller.call(`/v1/jobs/${id}`)).status).toBe(401);
  expect((await caller.call(`/v1/jobs/${id}`, {}, key)).status).toBe(200);
  await goesOn();
});

test("the calls of a secret that is rotated out with a grace go on until the grace is over", async () => {
  const { caller, ends } = await setup();
  const { apiKey } = await adminOf(system).rotateApiKey({
    ...{ keyId: caller.keyId, grace: { seconds: 3n } },
  });
  const overMs = timestampMs(apiKey?.oldSecretExpireTime as never);
  for (const atMs of await ends()) expect(atMs).toBeGreaterThanOrEqual(overMs);
});
