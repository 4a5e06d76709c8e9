import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageFrames } from "./message-frames.ts";

/** Any that differ. */
const flagsOf = (length: number) => length % 256;

function framed(lengths: readonly number[]): Buffer {
  return Buffer.concat(
    lengths.map((length) => {
      const message = Buffer.alloc(5 + length);
      message.writeUInt8(flagsOf(length));
      message.writeUInt32BE(length, 1);
      return message;
    }),
  );
}

test("finds messages however their bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(40)),
      fc.infiniteStream(fc.integer({ min: 1, max: 20 })),
      (lengths, cuts) => {
        const seen: string[] = [];
        const frames = new MessageFrames({
          onBegin: (bytes, flags) => seen.push(`begin ${bytes} ${flags}`),
          onComplete: () => seen.push("complete"),
        });
        const bytes = framed(lengths);
        for (let at = 0; at < bytes.length; ) {
          const cut = cuts.next().value as number;
          frames.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        expect(seen).toEqual(
          lengths.flatMap((length) => [`begin ${length} ${flagsOf(length)}`, "complete"]),
        );
      },
    ),
  );
});

test("knows a message's length before the message has arrived", () => {
  const seen: number[] = [];
  const frames = new MessageFrames({
    onBegin: (bytes) => seen.push(bytes),
    onComplete: () => seen.push(-1),
  });
  frames.push(framed([100]).subarray(0, 104));
  expect(seen).toEqual([100]);
});
