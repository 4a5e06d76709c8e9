import { type CallHeaders, type RpcFault, rpcError } from "@millrace/runtime";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { createAuthenticator } from "./caller.ts";

const CACHE_MS = 10_000;
const peer = "10.0.0.7:4711";
const keyOf = (id: number, secret = "a") =>
  `mr_${String(id).padStart(8, "0")}_${secret.repeat(32)}`;
const shown = (key: string): CallHeaders => ({
  get: (name) => (name === "authorization" ? `Bearer ${key}` : undefined),
});

/** A scheduler that knows one key, and counts the calls that it gets. */
function setup(options: { keyCacheMs?: number; lookupsPerAddress?: number } = {}) {
  const clock = new ManualClock();
  let asked = 0;
  let answer = async () => {};
  const scheduler = {
    async authenticate({ keyId }: { keyId?: string }) {
      asked += 1;
      await answer();
      if (keyId === "00000001") return { name: "ours" };
      throw rpcError({ reason: "UNAUTHENTICATED", message: "no" });
    },
  };
  const { authenticate, onRevoked } = createAuthenticator(scheduler as never, {
    ...{ clock, keyCacheMs: CACHE_MS, lookupsPerAddress: 2 },
    ...options,
  });
  return {
    ...{ clock, onRevoked },
    asked: () => asked,
    answerBy: (next: () => Promise<void>) => {
      answer = next;
    },
    show: (id: number, from = peer) => authenticate(shown(keyOf(id)), from),
  };
}
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "OK",
    (fault: RpcFault) => fault.reason,
  );
const revoked = async () => {
  throw rpcError({ reason: "UNAUTHENTICATED", message: "no" });
};
const away = async () => {
  throw rpcError({ reason: "SCHEDULER_UNAVAILABLE", message: "away" });
};
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("asks the scheduler once in the cache time about a known key", async () => {
  const { clock, asked, show } = setup();
  await show(1);
  clock.advance(CACHE_MS - 1);
  await show(1);
  expect(asked()).toBe(1);
  clock.advance(1);
  await show(1);
  expect(asked()).toBe(2);
});

test("asks the scheduler once for all concurrent calls with one key", async () => {
  const { asked, show } = setup();
  await Promise.all(Array.from({ length: 100 }, () => show(1)));
  expect(asked()).toBe(1);
  const refused = await Promise.all(Array.from({ length: 100 }, () => reasonOf(show(2))));
  expect(new Set(refused)).toEqual(new Set(["UNAUTHENTICATED"]));
  expect(asked()).toBe(2);
});

test("asks the scheduler about an unknown key again only after some seconds", async () => {
  const { clock, asked, show } = setup();
  for (let i = 0; i < 5; i += 1) expect(await reasonOf(show(2))).toBe("UNAUTHENTICATED");
  expect(asked()).toBe(1);
  clock.advance(5_000);
  expect(await reasonOf(show(2))).toBe("UNAUTHENTICATED");
  expect(asked()).toBe(2);
});

test("limits an address's look-ups of unknown keys, and serves known keys meanwhile", async () => {
  const { clock, asked, show } = setup();
  await show(1);
  const reasons: unknown[] = [];
  for (let id = 2; id < 50; id += 1) reasons.push(await reasonOf(show(id)));
  expect(reasons.filter((reason) => reason === "UNAUTHENTICATED")).toHaveLength(20);
  expect(reasons.slice(20).every((reason) => reason === "TOO_MANY_KEY_LOOKUPS")).toBe(true);
  expect(asked()).toBe(21);
  // This holds also after the cache has dropped the key.
  clock.advance(CACHE_MS - 9_000);
  expect(await reasonOf(show(1))).toBe("OK");
  expect(await reasonOf(show(60, "10.0.0.8:1"))).toBe("UNAUTHENTICATED");
  clock.advance(500);
  expect(await reasonOf(show(61))).toBe("UNAUTHENTICATED");
});

test("does not count a look-up that no scheduler answers", async () => {
  const { answerBy, show } = setup();
  answerBy(away);
  for (let id = 2; id < 50; id += 1) expect(await reasonOf(show(id))).toBe("SCHEDULER_UNAVAILABLE");
});

test("ends the calls of a revoked key within the cache time, with one look-up for all of them", async () => {
  const { clock, asked, answerBy, onRevoked, show } = setup();
  const ended: unknown[] = [];
  const watch = async () => onRevoked(await show(1), (fault) => ended.push(fault.reason));
  await watch();
  clock.advance(CACHE_MS - 1);
  // The cache decides, with an entry of the greatest allowed age.
  await watch();
  answerBy(revoked);
  expect(asked()).toBe(1);
  clock.advance(1);
  await settled();
  expect(asked()).toBe(2);
  expect(ended).toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED"]);
  expect(clock.pending).toBe(0);
});

test("lets calls of a valid key go on, and checks the key again and again", async () => {
  const { clock, asked, onRevoked, show } = setup();
  const ended: unknown[] = [];
  const release = onRevoked(await show(1), (fault) => ended.push(fault));
  for (let i = 0; i < 3; i += 1) {
    clock.advance(CACHE_MS);
    await settled();
  }
  expect(asked()).toBe(4);
  release();
  clock.advance(CACHE_MS * 10);
  await settled();
  expect(asked()).toBe(4);
  expect(ended).toEqual([]);
});

test("lets calls go on while no scheduler answers, and ends them once one reports that the key is revoked", async () => {
  const { clock, answerBy, onRevoked, show } = setup();
  const ended: unknown[] = [];
  onRevoked(await show(1), (fault) => ended.push(fault.reason));
  answerBy(away);
  clock.advance(CACHE_MS);
  await settled();
  expect(ended).toEqual([]);
  answerBy(revoked);
  clock.advance(1_000);
  await settled();
  expect(ended).toEqual(["UNAUTHENTICATED"]);
});

test("ends the streams of a key as soon as one of its calls is refused", async () => {
  const { answerBy, clock, onRevoked, show } = setup({ keyCacheMs: 0 });
  const ended: unknown[] = [];
  onRevoked(await show(1), (fault) => ended.push(fault.reason));
  answerBy(revoked);
  expect(await reasonOf(show(1))).toBe("UNAUTHENTICATED");
  expect(ended).toEqual(["UNAUTHENTICATED"]);
  expect(clock.pending).toBe(0);
});
