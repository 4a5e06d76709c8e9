import type { FollowListener, OutputChunk } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { jobNews } from "./job-news.ts";

const jobId = "documents~aaaa~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const chunk = (offset: number, bytes = 1): OutputChunk => ({
  ...{ offset, attempt: 1, kind: "text", storedAtMs: 1 },
  body: Buffer.alloc(bytes, "x"),
});

async function setup() {
  let hear: FollowListener = () => undefined;
  const news = await jobNews(async (listener) => {
    hear = listener;
    return { [Symbol.asyncDispose]: async () => undefined };
  }, []);
  const stored = (...chunks: OutputChunk[]) => hear({ kind: "stored", jobId, chunks });
  const offsets = (from: number) => news.takeStored(from).map(({ offset }) => offset);
  return { news, hear: (one: Parameters<FollowListener>[0]) => hear(one), stored, offsets };
}

test("chunks are taken once, from the wanted offset on", async () => {
  const { news, stored, offsets } = await setup();
  stored(chunk(0), chunk(1));
  stored(chunk(2));
  expect(news.end).toBe(3);
  expect(offsets(1)).toEqual([1, 2]);
  expect(offsets(1)).toEqual([]);
});

test("after a gap only the later chunks are kept, and the earlier ones must be read", async () => {
  const { news, hear, stored, offsets } = await setup();
  stored(chunk(0));
  hear({ kind: "output", jobId, nextOffset: 3 });
  stored(chunk(3));
  expect(news.end).toBe(4);
  expect(offsets(0)).toEqual([]);
  expect(offsets(3)).toEqual([3]);
});

test("a watch that takes nothing costs 64 KiB and 256 chunks", async () => {
  const { stored, offsets } = await setup();
  stored(chunk(0, 32_768), chunk(1, 32_768));
  expect(offsets(0)).toEqual([0, 1]);
  stored(chunk(2, 32_768), chunk(3, 32_768), chunk(4));
  expect(offsets(2)).toEqual([]);
  expect(offsets(4)).toEqual([4]);
  const many = Array.from({ length: 257 }, (_, i) => chunk(5 + i));
  stored(...many.slice(0, 256));
  expect(offsets(5)).toHaveLength(256);
  stored(...many);
  expect(offsets(5)).toEqual([]);
  expect(offsets(261)).toEqual([261]);
});
