import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { AttemptOutput } from "./attempt-output.ts";

const texts = (output: AttemptOutput) =>
  output.take(Number.POSITIVE_INFINITY)?.chunks.map(({ content }) => content.value);

test("unsent text is gathered into one chunk, and a chunk that was sent never changes", () => {
  const output = new AttemptOutput(1_000);
  output.write("a");
  output.write("b");
  expect(output.take(1_000)).toMatchObject({ firstSequence: 0 });
  output.write("c");
  output.resend();
  expect(texts(output)).toEqual(["ab", "c"]);
});

test("a chunk is filled to its limit, and the rest goes into the next chunk", () => {
  const output = new AttemptOutput(1_000_000);
  output.write("x".repeat(limits.chunkBytes));
  output.write("y");
  expect(texts(output)?.map((text) => String(text).length)).toEqual([limits.chunkBytes, 1]);
});

test("long text is split between characters", () => {
  const text = "\u{1F40B}".repeat(40_000);
  const output = new AttemptOutput(1_000_000);
  output.write(text);
  const pieces = texts(output)?.map(String) ?? [];
  expect(pieces.join("")).toBe(text);
  for (const piece of pieces) {
    expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(limits.chunkBytes);
  }
});

test("only the last of several unsent progress reports is sent", () => {
  const output = new AttemptOutput(1_000);
  output.progress(1, 3, "one");
  output.progress(2, 3, "two");
  expect(texts(output)).toMatchObject([{ done: 2, message: "two" }]);
});

test("a write waits only while more bytes are unacknowledged than allowed", async () => {
  const output = new AttemptOutput(3);
  await output.write("abc");
  let waiting = true;
  const written = output.write("d").then(() => {
    waiting = false;
  });
  output.take(1_000);
  await Promise.resolve();
  expect(waiting).toBe(true);
  output.stored(1);
  await written;
});

test("after a reconnect, sending continues after the chunks that are stored", () => {
  const output = new AttemptOutput(1_000);
  output.write("a");
  output.take(1_000);
  output.write("b");
  output.take(1_000);
  expect(output.rewind(1)).toBe(true);
  expect(output.take(1_000)).toMatchObject({ firstSequence: 1 });
});

test("a rewind reports acknowledged output that the store has lost", () => {
  const output = new AttemptOutput(1_000);
  output.write("a");
  output.take(1_000);
  output.stored(1);
  expect(output.rewind(0)).toBe(false);
});

test("a rewind does not report output that was dropped because the attempt stops", async () => {
  const output = new AttemptOutput(1_000);
  output.write("a");
  output.take(1_000);
  output.close(new Error("stop"));
  expect(output.rewind(0)).toBe(true);
  expect(output.acknowledged).toBe(true);
  await expect(output.write("b")).rejects.toThrow("stop");
});

test("writes without waiting are refused at the job's output limit, and earlier output is still sent", async () => {
  const output = new AttemptOutput(1_000);
  const page = "x".repeat(limits.chunkBytes);
  const ends: Promise<unknown>[] = [];
  for (let i = 0; i < 1_000; i += 1) ends.push(output.write(page).catch((error: unknown) => error));
  const refused = await ends.at(-1);
  expect(refused).toMatchObject({ reason: "TOO_LARGE", retryable: false });
  const kept = limits.outputBytes / limits.chunkBytes + 1;
  let sent = 0;
  for (let taken = output.take(1_000_000); taken; taken = output.take(1_000_000)) {
    sent += taken.chunks.length;
  }
  expect(sent).toBe(kept);
  output.stored(sent);
  expect(await Promise.all(ends)).toEqual([
    ...Array(kept).fill(undefined),
    ...Array(1_000 - kept).fill(refused),
  ]);
  // A write that succeeded now would leave a gap in the output.
  await expect(output.write("y")).rejects.toThrow("limit");
});

test.each([-1, 0.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])(
  "progress of %d parts is refused, because it would end the stream",
  async (count) => {
    const output = new AttemptOutput(1_000);
    await expect(output.progress(count, 1, "")).rejects.toThrow(`done is ${count}, which is not`);
    await expect(output.progress(1, count, "")).rejects.toThrow(`total is ${count}, which is not`);
    await output.progress(0, 2 ** 32 - 1, "");
    expect(output.take(1_000)?.chunks).toHaveLength(1);
  },
);
