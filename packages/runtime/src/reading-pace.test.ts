import { expect, test } from "vitest";
import { createReadingPace } from "./reading-pace.ts";

/** Counts how many messages are read in each turn of the event loop, empty turns left out. */
async function turnsOf(count: number, bytes: number): Promise<number[]> {
  const pace = createReadingPace();
  let turn = 0;
  let reading = true;
  const onTurn = () => {
    turn += 1;
    if (reading) setImmediate(onTurn);
  };
  setImmediate(onTurn);
  const read: number[] = [];
  for (let message = 0; message < count; message += 1) {
    await pace(bytes);
    read[turn] = (read[turn] ?? 0) + 1;
  }
  reading = false;
  return read.filter((messages) => messages !== undefined);
}

test.each([
  ["small messages", 150, 10, [63, 63, 24]],
  ["large messages", 3, 200 * 1024, [1, 1, 1]],
  ["few messages", 60, 10, [60]],
])("reads %s in turns with other calls", async (_, count, bytes, expected) => {
  expect(await turnsOf(count, bytes)).toEqual(expected);
});
