import { WriteStatus } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import type { Executor } from "../src/index.ts";
import { lease } from "./fake-scheduler.ts";
import { echo, startFakedWorker, untilStopped } from "./worker-setup.ts";

test("output written while a message is unanswered goes into one message after the answer", async () => {
  const { promise: firstSent, resolve: go } = Promise.withResolvers<void>();
  const twice: Executor = async ({ write, signal }) => {
    await firstSent;
    await write("b");
    await write("c");
    return untilStopped({ signal } as never);
  };
  const first: Executor = async ({ write, signal }) => {
    await write("a");
    return untilStopped({ signal } as never);
  };
  const { stream } = await startFakedWorker({ first, twice }, { slots: 3 });
  const s = await stream();
  s.welcome();
  s.assignAll([
    ["first", 1n],
    ["twice", 2n],
    ["twice", 3n],
  ]);
  expect((await s.next("output")).attempts).toHaveLength(1);
  go();
  await s.next("heartbeat");
  expect(s.seen.some((m) => m.case === "output")).toBe(false);
  s.outputAck(WriteStatus.STORED, 1);
  expect((await s.next("output")).attempts).toMatchObject([
    { lease: lease(2n), chunks: [{ content: { value: "bc" } }] },
    { lease: lease(3n), chunks: [{ content: { value: "bc" } }] },
  ]);
});

test("an attempt that writes very much leaves room in the message for the others", async () => {
  const writes: Executor = async ({ payload, write }) => write("x".repeat(payload as number));
  const { stream } = await startFakedWorker(
    { writes },
    { slots: 2, maxUnacknowledgedBytes: 4_000_000 },
  );
  const s = await stream();
  s.welcome();
  s.assignAll([
    ["writes", 1n, 3_000_000],
    ["writes", 2n, 10],
  ]);
  const { attempts } = await s.next("output");
  const bytesOf = (token: bigint) =>
    attempts
      .filter((attempt) => attempt.lease?.fencingToken === token)
      .flatMap(({ chunks }) => chunks)
      .reduce((sum, { content }) => sum + String(content.value).length, 0);
  expect(bytesOf(2n)).toBe(10);
  // The sum is a little over 1 MiB. The rest waits for the answer.
  expect(bytesOf(1n)).toBeGreaterThan(900_000);
  expect(bytesOf(1n)).toBeLessThan(1_200_000);
});

test("after a cut the worker presents its lease, offers only free slots, and continues after the stored output", async () => {
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const { stream } = await startFakedWorker({
    two: async ({ write }) => {
      await write("one");
      await goOn;
      await write("two");
    },
  });
  const first = await stream();
  first.welcome();
  first.assign("two");
  await first.next("output");
  first.cut();
  const second = await stream();
  const hello = await second.next("hello");
  expect(hello).toMatchObject({ credit: 0, leases: [lease()] });
  second.welcome([{ lease: lease(), held: true, nextSequence: 1 }]);
  resolve();
  const output = (await second.next("output")).attempts[0];
  expect(output).toMatchObject({ firstSequence: 1, chunks: [{ content: { value: "two" } }] });
});

test("messages that were unanswered at a cut are sent again on the next stream", async () => {
  const { stream } = await startFakedWorker({ echo, none: async () => null }, { slots: 2 });
  const first = await stream();
  first.welcome();
  first.assignAll([
    ["echo", 1n],
    ["none", 2n],
  ]);
  const output = await first.next("output");
  const settle = await first.next("settle");
  first.cut();
  const second = await stream();
  expect(await second.next("hello")).toMatchObject({ credit: 2, leases: [lease(1n), lease(2n)] });
  second.welcome([
    { lease: lease(1n), held: true, nextSequence: 0 },
    { lease: lease(2n), held: true, nextSequence: 0 },
  ]);
  expect(await second.next("output")).toEqual(output);
  expect(await second.next("settle")).toEqual(settle);
});

test("the worker fills a gap by sending the same chunks again", async () => {
  const { stream } = await startFakedWorker({ echo });
  const s = await stream();
  s.welcome();
  s.assign();
  const sent = await s.next("output");
  s.outputAck(WriteStatus.GAP, 0);
  expect(await s.next("output")).toEqual(sent);
});

test("write waits while too much is unacknowledged", async () => {
  let written = 0;
  const { stream } = await startFakedWorker(
    {
      flood: async ({ write }) => {
        for (; written < 10; written += 1) await write("x".repeat(60));
      },
    },
    { maxUnacknowledgedBytes: 100 },
  );
  const s = await stream();
  s.welcome();
  s.assign("flood");
  await s.next("output");
  await s.next("heartbeat");
  expect(written).toBe(1);
  s.outputAck(WriteStatus.STORED, 1);
  await s.next("output");
  expect(written).toBeGreaterThan(1);
});

test("an outcome that could not be stored is sent again", async () => {
  const { stream } = await startFakedWorker({ none: async () => null });
  const s = await stream();
  s.welcome();
  s.assign("none");
  const sent = await s.next("settle");
  s.settleAck(WriteStatus.RETRY);
  expect(await s.next("settle")).toEqual(sent);
});
