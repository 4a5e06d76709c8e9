import { Writable } from "node:stream";
import { expect, test } from "vitest";
import "./message-streams.ts";
import { writeAll } from "@millrace/grpc";

/** A stream of messages whose peer reads when the test says so. */
function setup() {
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    objectMode: true,
    write: (_, __, done) => void waiting.push(done),
  });
  let taken = 0;
  async function* source() {
    for (; taken < 100; ) {
      taken += 1;
      yield { taken };
    }
  }
  /** Resolves when all that can happen without the peer has happened. */
  const settled = async () => {
    for (let seen = -1; seen < taken; await new Promise((resolve) => setImmediate(resolve))) {
      seen = taken;
    }
    return taken;
  };
  const stop = new AbortController();
  const written = writeAll(stream, source(), stop.signal);
  return { waiting, written, settled, stop, taken: () => taken };
}

test("holds up the source after two messages if the peer does not read", async () => {
  const { waiting, written, settled, stop } = setup();
  expect(await settled()).toBe(2);
  waiting.shift()?.();
  await settled();
  waiting.shift()?.();
  expect(await settled()).toBe(4);
  stop.abort(new Error("over"));
  await expect(written).rejects.toThrow("over");
});

test("sends everything to a peer that reads", async () => {
  const { waiting, written, settled, taken } = setup();
  while (taken() < 100 || waiting.length > 0) {
    waiting.shift()?.();
    await settled();
  }
  await written;
});
