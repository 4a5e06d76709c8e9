import { create } from "@bufbuild/protobuf";
import type { Engine, GroupRecord, Signal } from "@millrace/engine";
import { GroupState } from "@millrace/proto/group";
import { WatchGroupRequestSchema } from "@millrace/proto/scheduler-service";
import type { GroupId } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { watchGroup } from "./watch-group.ts";

const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as GroupId;
const open: GroupRecord = {
  ...{ id, state: "OPEN", rule: "all", maxInFlight: 0, keepSiblings: false, total: 0 },
  ...{ succeeded: 0, failed: 0, cancelled: 0, expired: 0, removed: 0, inFlight: 0 },
  createdAtMs: 5_000,
};

function setup(keyId = "k7f3q2m9") {
  const clock = new ManualClock();
  const left = new AbortController();
  const draining = new AbortController();
  let group: GroupRecord | undefined = open;
  let listener: (signal: Signal) => void = () => undefined;
  const getGroups = vi.fn(async (ids: readonly GroupId[]) => ids.map(() => group));
  const subscribe: Engine["subscribe"] = async (_queue, onSignal) => {
    listener = onSignal;
    return { [Symbol.asyncDispose]: async () => undefined };
  };
  const context = {
    ...{ headers: { get: () => undefined }, peer: "", path: "", identity: undefined },
    ...{ signal: left.signal, leaving: draining.signal, draining: draining.signal },
    concerns: () => undefined,
  };
  const request = create(WatchGroupRequestSchema, { keyId, groupId: id });
  const watched = watchGroup({ getGroups, subscribe }, clock)(request, context);
  const responses = watched[Symbol.asyncIterator]();
  const change = (to: Partial<GroupRecord> | undefined, signal: Signal["kind"] = "group") => {
    group = to === undefined ? undefined : { ...open, ...to };
    listener(signal === "group" ? { kind: "group", groupId: id } : { kind: "resync" });
  };
  const pause = async () => {
    await vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
    clock.advance(250);
  };
  return { clock, draining, getGroups, responses, change, pause };
}

test("sends a group at once, and changes of a quarter of a second as one", async () => {
  const { clock, getGroups, responses, change } = setup();
  expect((await responses.next()).value).toMatchObject({ group: { state: GroupState.OPEN } });
  const next = responses.next();
  await vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
  for (let total = 1; total <= 100; total += 1) change({ total });
  clock.advance(249);
  expect(clock.pending).toBe(1);
  expect(getGroups).toHaveBeenCalledTimes(1);
  clock.advance(1);
  expect((await next).value).toMatchObject({ group: { progress: { total: 100 } } });
  expect(getGroups).toHaveBeenCalledTimes(2);
});

test("sends the final state as the last message", async () => {
  const { responses, change, pause } = setup();
  await responses.next();
  const next = responses.next();
  change({ state: "FAILED", total: 1, failed: 1 });
  await pause();
  expect((await next).value).toMatchObject({ group: { state: GroupState.FAILED } });
  expect(await responses.next()).toMatchObject({ done: true });
});

test("reads again when signals may have been lost, and sends nothing that was sent", async () => {
  const { getGroups, responses, change, pause } = setup();
  await responses.next();
  const next = responses.next();
  change({}, "resync");
  await pause();
  await vi.waitFor(() => expect(getGroups).toHaveBeenCalledTimes(2), { timeout: 20_000 });
  change({ total: 1 }, "resync");
  await pause();
  expect((await next).value).toMatchObject({ group: { progress: { total: 1 } } });
});

test("ends with DRAINING when the scheduler stops, and with GROUP_NOT_FOUND when the group is gone", async () => {
  const stopping = setup();
  await stopping.responses.next();
  const cut = stopping.responses.next();
  stopping.draining.abort();
  await expect(cut).rejects.toMatchObject({ reason: "DRAINING" });
  const removed = setup();
  await removed.responses.next();
  const gone = removed.responses.next();
  removed.change(undefined);
  await removed.pause();
  await expect(gone).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
});

test("does not find another key's group, and reads nothing", async () => {
  const { getGroups, responses } = setup("other123");
  await expect(responses.next()).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
  expect(getGroups).not.toHaveBeenCalled();
});
