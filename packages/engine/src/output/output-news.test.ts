import { createWake } from "@millrace/shared";
import { expect, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";
import type { Lease } from "../leases/contract.ts";
import type { FollowNews, NewChunk } from "./contract.ts";

const ALL = 1_000_000;
const failure = { reason: "NO", message: "no", retryable: true };

async function followed() {
  const parts = await setup();
  const other = await parts.another();
  await parts.engine.submit([parts.job("aaaa", { maxAttempts: 5 })]);
  const held = await leaseOne(parts.engine);
  const heard: FollowNews[] = [];
  const news = createWake();
  const follow = () =>
    parts.engine.followOutput(
      queue,
      (one) => {
        heard.push(one);
        news.wake();
      },
      held.jobId,
    );
  /** Takes what was heard until there is news of this kind. */
  const until = async (kind: FollowNews["kind"]) => {
    while (!heard.some((one) => one.kind === kind)) await news.wait();
    return heard.splice(0);
  };
  const read = async () => {
    const all = await parts.engine.readOutput(held.jobId, 0, ALL, ALL);
    if (all.kind !== "chunks") throw new Error(all.kind);
    return all.chunks;
  };
  return { ...parts, other, held, heard, follow, until, read };
}

const batch = (by: Lease, from: number, ...bodies: (string | Uint8Array)[]) => ({
  ...by,
  chunks: bodies.map((body, i): NewChunk => ({ seq: from + i, kind: "text", body })),
});

test("a follower gets the chunks that its own engine stores, as a read returns them, and no signal of them", async () => {
  const { engine, held, heard, follow, until, read } = await followed();
  await using _following = await follow();
  await engine.append([batch(held, 0, "a", "é", Uint8Array.of(0, 255))]);
  await engine.append([batch(held, 3, "b")]);
  const stored = (await until("stored")).flatMap((one) =>
    one.kind === "stored" ? one.chunks : [],
  );
  expect(stored).toEqual(await read());
  // Its own signals are dropped, and the signal of the end comes after them.
  await engine.settle([{ ...held, kind: "complete", resultJson: "{}" }]);
  const rest = await until("finished");
  expect(rest.filter(({ kind }) => kind === "stored")).toEqual([]);
  expect(heard).toEqual([]);
});

test("a follower gets chunks of a repeated batch only once, and none of a batch that was refused", async () => {
  const { engine, held, heard, follow, until, read } = await followed();
  await using _following = await follow();
  await engine.append([batch(held, 0, "a", "b")]);
  await until("stored");
  await engine.append([batch(held, 0, "a", "b"), batch(held, 5, "x")]);
  await engine.append([batch(held, 0, "a", "b", "c")]);
  const news = (await until("stored")).find(({ kind }) => kind === "stored");
  expect(news).toMatchObject({ kind: "stored", chunks: (await read()).slice(2) });
  const second = { ...held, token: held.token + 1 };
  await engine.append([batch(second, 0, "x")]);
  expect(heard.filter(({ kind }) => kind === "stored")).toEqual([]);
});

test("a follower gets the offsets and attempt of a later attempt", async () => {
  const { engine, held, follow, until, read } = await followed();
  await engine.append([batch(held, 0, "a")]);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure }]);
  const second = await leaseOne(engine);
  await using _following = await follow();
  await engine.append([batch(second, 0, "b")]);
  const news = (await until("stored")).find(({ kind }) => kind === "stored");
  const chunks = await read();
  expect(chunks.map(({ kind, attempt }) => [kind, attempt])).toEqual([
    ["text", 1],
    ["reset", 2],
    ["text", 2],
  ]);
  expect(news).toEqual({ kind: "stored", jobId: held.jobId, chunks: chunks.slice(2) });
});

test("a follower gets a signal of what another engine stores", async () => {
  const { other, held, follow, until } = await followed();
  await using _following = await follow();
  await other.append([batch(held, 0, "a", "b")]);
  expect(await until("output")).toContainEqual({
    ...{ kind: "output", jobId: held.jobId, nextOffset: 2 },
  });
});

test("nobody hears of chunks after the last follower has left", async () => {
  const { engine, held, heard, follow } = await followed();
  await (await follow())[Symbol.asyncDispose]();
  await engine.append([batch(held, 0, "a")]);
  expect(heard).toEqual([]);
});
