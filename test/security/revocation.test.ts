/** Tests that a revoked key, or a rotated secret without grace, ends its long calls by every protocol. */
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

/** Provides a caller with a running job, and every kind of long call open. */
async function setup() {
  const caller = await httpCaller(system);
  const { next } = caller.startWorker();
  const { id } = (await (await caller.postJob()).json()) as { id: string };
  const held = await next();
  const streams = await Promise.all([eventsByHttp1(caller, id), eventsByHttp2(system, caller, id)]);
  const calls = await openAll(system, caller, id);
  return {
    ...{ caller, id, held },
    /** Resolves with the time when each call ended. Fails if a call ended for another reason than its key. */
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

/** Provides another key, whose event stream must continue to its job's end. */
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

test("the long calls of a revoked key end with the reason, and those of another key continue", async () => {
  const goesOn = await bystander();
  const { caller, ends } = await setup();
  await adminOf(system).revokeApiKey({ keyId: caller.keyId });
  await ends();
  await goesOn();
});

test("a rotation without grace ends the calls of the old secret, and the new secret works", async () => {
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

test("the calls of an old secret continue until its grace is over", async () => {
  const { caller, ends } = await setup();
  const { apiKey } = await adminOf(system).rotateApiKey({
    ...{ keyId: caller.keyId, grace: { seconds: 3n } },
  });
  const overMs = timestampMs(apiKey?.oldSecretExpireTime as never);
  for (const atMs of await ends()) expect(atMs).toBeGreaterThanOrEqual(overMs);
});
