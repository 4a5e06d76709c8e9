import { create } from "@bufbuild/protobuf";
import { type Change, StoreUnavailable } from "@millrace/engine";
import { PauseQueueRequestSchema } from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";
import { expect, test } from "vitest";
import { changeRecorder } from "./record-change.ts";

function setup({ retract = async () => undefined }: { retract?: () => Promise<void> } = {}) {
  const written: Change[] = [];
  const record = changeRecorder({
    async append(change) {
      written.push(change);
      return String(written.length);
    },
    async retract() {
      await retract();
      written.pop();
    },
  });
  const pause = <T>(make: () => Promise<T>) =>
    record(
      {
        ...{ by: { name: "anna" }, action: "PauseQueue", subject: "mail" },
        schema: PauseQueueRequestSchema,
        request: create(PauseQueueRequestSchema, { name: "mail" }),
      },
      make,
    );
  return { written, pause };
}

const entry = {
  ...{ actor: "anna", action: "PauseQueue", subject: "mail", detailJson: '{"name":"mail"}' },
};

test("writes a change to the log before it is made", async () => {
  const { written, pause } = setup();
  const made = await pause(async () => {
    expect(written).toEqual([entry]);
    return "made";
  });
  expect(made).toBe("made");
  expect(written).toEqual([entry]);
});

test("removes a refused change from the log, and passes on the refusal even if that fails", async () => {
  const refusal = rpcError({ reason: "QUEUE_NOT_FOUND", message: "there is no queue mail" });
  const refuse = async () => {
    throw refusal;
  };
  const { written, pause } = setup();
  await expect(pause(refuse)).rejects.toBe(refusal);
  expect(written).toEqual([]);
  const away = setup({
    retract: async () => {
      throw new StoreUnavailable("away");
    },
  });
  await expect(away.pause(refuse)).rejects.toBe(refusal);
  expect(away.written).toEqual([entry]);
});

test("keeps a change in the log that may have been made", async () => {
  const { written, pause } = setup();
  const cut = new StoreUnavailable("away");
  await expect(
    pause(async () => {
      throw cut;
    }),
  ).rejects.toBe(cut);
  expect(written).toEqual([entry]);
});
