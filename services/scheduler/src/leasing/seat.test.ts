import { expect, test } from "vitest";
import { Seat, type SeatLine } from "./seat.ts";

function seat() {
  const line: SeatLine = { ready: () => {}, served: () => {}, leave: () => {} };
  const worker = {
    ...{ workerId: "w", queues: [], pools: [], types: [], slots: 4, guestSlots: 1 },
    running: () => [],
    isGone: () => false,
    assign: async () => {},
    cancel: () => {},
  };
  const made = new Seat(worker, [line]);
  made.offer(4);
  return made;
}

test("slots for which a call is under way are not free, but they have no job yet", () => {
  const one = seat();
  one.reserve(3);
  expect(one.free).toBe(1);
  expect(one.unfilled).toBe(4);
  one.take([], 3, false);
  expect(one.free).toBe(4);
  expect(one.unfilled).toBe(4);
});

test("a guest for which a call is under way changes no number of slots", () => {
  const one = seat();
  one.reserveGuest();
  expect(one.unfilled).toBe(4);
  one.takeGuest([]);
  expect(one.unfilled).toBe(4);
});

test("a worker that drains has no slots", () => {
  const one = seat();
  one.reserve(2);
  one.withdraw();
  expect(one.unfilled).toBe(0);
});
