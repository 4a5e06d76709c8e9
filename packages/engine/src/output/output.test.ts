import { limits } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";
import type { Lease, NewChunk } from "../index.ts";

const ALL = 1_000_000;
const failure = { reason: "NO", message: "no", retryable: true };

async function running() {
  const parts = await setup();
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  await parts.engine.submit([parts.job("aaaa", { maxAttempts: 5 })]);
  const held = await leaseOne(parts.engine);
  const stream = `${parts.rootPrefix}:{${queue}:0}:${queue}:${held.jobId}:output`;
  const write = (by: Lease, ...bodies: (string | Uint8Array)[]) => writeFrom(by, 0, ...bodies);
  const writeFrom = (by: Lease, from: number, ...bodies: (string | Uint8Array)[]) => {
    const chunks = bodies.map((body, i): NewChunk => ({ seq: from + i, kind: "data", body }));
    return parts.engine.append([{ ...by, chunks }]);
  };
  const read = (from: number, maxChunks = ALL, maxBytes = ALL) =>
    parts.engine.readOutput(held.jobId, from, maxChunks, maxBytes);
  const retry = async (leased: Lease) => {
    await parts.engine.settle([{ ...leased, kind: "retry", delayMs: 0, failure }]);
    return leaseOne(parts.engine);
  };
  return { ...parts, redis, held, stream, write, writeFrom, read, retry };
}

const offsets = (read: Awaited<ReturnType<Awaited<ReturnType<typeof running>>["read"]>>) =>
  read.kind === "chunks" ? read.chunks.map((chunk) => chunk.offset) : read.kind;

test("every byte is read as it was written, with its attempt and time", async () => {
  const { held, write, read, time } = await running();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  await write(held, bytes, "", "é\0\n");
  expect(await read(0)).toEqual({
    kind: "chunks",
    nextOffset: 3,
    chunks: [Buffer.from(bytes), Buffer.from(""), Buffer.from("é\0\n")].map((body, offset) => ({
      ...{ offset, attempt: 1, kind: "data", body },
      storedAtMs: time.nowMs,
    })),
  });
});

test("a read stops at its limit of chunks or bytes, but returns at least one chunk", async () => {
  const { held, write, read } = await running();
  await write(held, ...Array.from({ length: 40 }, () => "0123456789"));
  expect(offsets(await read(0, 3))).toEqual([0, 1, 2]);
  expect(offsets(await read(38, 3))).toEqual([38, 39]);
  expect(offsets(await read(0, ALL, 30))).toEqual([0, 1, 2]);
  expect(offsets(await read(0, ALL, 29))).toEqual([0, 1]);
  expect(offsets(await read(5, ALL, 1))).toEqual([5]);
  expect(offsets(await read(0))).toHaveLength(40);
});

test("a read beyond the end returns no chunks yet", async () => {
  const { held, write, read, engine, job } = await running();
  await write(held, "a");
  expect(await read(1)).toEqual({ kind: "chunks", chunks: [], nextOffset: 1 });
  expect(await read(5)).toEqual({ kind: "chunks", chunks: [], nextOffset: 5 });
  expect(await engine.readOutput(job("aaaa").id, 0, 1, 1)).toEqual({ kind: "notFound" });
});

test("a read of output that is no longer kept returns gone", async () => {
  const { held, write, read, redis, stream } = await running();
  await write(held, "a", "b", "c");
  await redis.xtrim(stream, "MAXLEN", 1);
  expect(await read(0)).toEqual({ kind: "gone", oldestOffset: 2 });
  expect(offsets(await read(2))).toEqual([2]);
  await redis.del(stream);
  expect(await read(2)).toEqual({ kind: "gone", oldestOffset: 3 });
  expect(offsets(await read(3))).toEqual([]);
});

test("an attempt without output leaves no reset behind, and one with output leaves one", async () => {
  const { held, write, read, retry } = await running();
  const second = await retry(held);
  expect(offsets(await read(0))).toEqual([]);
  await write(second, "x");
  const third = await retry(second);
  await retry(third);
  const result = await read(0);
  if (result.kind !== "chunks") throw new Error(result.kind);
  expect(result.chunks.map((c) => [c.kind, c.attempt])).toEqual([
    ["data", 2],
    ["reset", 3],
  ]);
});

test("each attempt may use the whole limit, and output of earlier attempts makes room for it", async () => {
  const { held, write, writeFrom, read, retry } = await running();
  const body = "x".repeat(limits.chunkBytes);
  const most = limits.outputBytes / limits.chunkBytes - 1;
  await write(held, ...Array.from({ length: most }, () => body));
  const second = await retry(held);
  expect(await write(second, "x")).toMatchObject([{ kind: "appended", nextSeq: 1 }]);
  expect(offsets(await read(0, 1))).toEqual([0]);
  expect(await writeFrom(second, 1, body)).toMatchObject([{ kind: "appended", nextSeq: 2 }]);
  // The first attempt's output was removed; the reset and the chunks after it stayed.
  expect(await read(0)).toEqual({ kind: "gone", oldestOffset: most });
  expect(offsets(await read(most))).toEqual([most, most + 1, most + 2]);
  const [full] = await writeFrom(second, 2, ...Array.from({ length: most }, () => body));
  expect(full).toEqual({ kind: "full", nextSeq: most + 1, nextOffset: 2 * most + 2 });
});

test("tiny chunks are limited too", async () => {
  const { engine, held } = await running();
  const most = Math.floor(limits.outputBytes / 65);
  const chunks = Array.from(
    { length: most + 1 },
    (_, seq): NewChunk => ({ seq, kind: "text", body: "x" }),
  );
  expect(await engine.append([{ ...held, chunks }])).toEqual([
    { kind: "full", nextSeq: most, nextOffset: most },
  ]);
});

test("output is removed when its job's retention is over, even without pruning", async () => {
  const { engine, held, write, redis, stream } = await running();
  await write(held, "a");
  const abandonedMs = await redis.pttl(stream);
  await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  const queueDefinition = await engine.getQueue(queue);
  expect(await redis.pttl(stream)).toBeLessThanOrEqual(queueDefinition?.retainSucceededMs ?? 0);
  expect(abandonedMs).toBeGreaterThan(queueDefinition?.retainSucceededMs ?? 0);
});

test("chunks with a gap in their numbers are refused before they are sent", async () => {
  const { engine, held } = await running();
  const chunks: NewChunk[] = [0, 2].map((seq) => ({ seq, kind: "text", body: "x" }));
  await expect(engine.append([{ ...held, chunks }])).rejects.toThrow("without gaps");
});
