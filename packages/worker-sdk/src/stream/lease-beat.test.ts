import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { StopReason, WorkResponseSchema, WriteStatus } from "@millrace/proto/worker-service";
import type { Clock } from "@millrace/shared";
import { expect, test } from "vitest";
import { LeaseBeat } from "./lease-beat.ts";

const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B";
const lease = (fencingToken: bigint) => ({ jobId, fencingToken });

function setup() {
  let due: (() => void) | undefined;
  const after: Clock["after"] = (_, run) => {
    due = run;
    return {
      cancel: () => {
        due = undefined;
      },
    };
  };
  const beats: (readonly bigint[])[] = [];
  const beat = new LeaseBeat({ after } as Clock, (message) => {
    if (message.case === "heartbeat") {
      beats.push(message.value.leases.map(({ fencingToken }) => fencingToken));
    }
  });
  const hear = (message: MessageInitShape<typeof WorkResponseSchema>["message"]) =>
    beat.heard(create(WorkResponseSchema, { message } as never));
  /** Returns the tokens of the next heartbeat, or undefined if none is sent when it is due. */
  const next = () => {
    due?.();
    return beats.shift();
  };
  const welcome = (leases: object[] = []) => {
    const heartbeatInterval = durationFromMs(1_000);
    hear({ case: "welcome", value: { heartbeatInterval, leases } as never });
  };
  const assign = (...tokens: bigint[]) => {
    const assignments = tokens.map((token) => ({ lease: lease(token), type: "summarize" }));
    hear({ case: "assignments", value: { assignments } });
  };
  return { beat, hear, next, welcome, assign };
}

test("renews presented leases that are still held, and assigned leases", () => {
  const { beat, next, welcome, assign } = setup();
  beat.hold([lease(1n), lease(2n)] as never);
  welcome([{ lease: lease(1n), held: true }, { lease: lease(2n) }]);
  assign(3n);
  expect(next()).toEqual([1n, 3n]);
  expect(beat.held.map(({ type }) => type)).toEqual(["", "summarize"]);
});

test("stops renewing leases that are settled, lost or taken away", () => {
  const { hear, next, welcome, assign } = setup();
  welcome();
  assign(1n, 2n, 3n, 4n, 5n, 6n);
  const ack = (token: bigint, status: WriteStatus) => ({ lease: lease(token), status });
  const { STORED, LEASE_LOST, RETRY } = WriteStatus;
  const acks = [ack(1n, STORED), ack(2n, LEASE_LOST), ack(3n, RETRY)];
  hear({ case: "settleAcks", value: { acks } });
  hear({ case: "heartbeatAck", value: { lost: [lease(4n)] } });
  const stop = (token: bigint, reason: StopReason) => ({ lease: lease(token), reason });
  const attempts = [stop(5n, StopReason.LEASE_LOST), stop(6n, StopReason.CANCELLED)];
  hear({ case: "stop", value: { attempts } });
  expect(next()).toEqual([3n, 6n]);
});

test("sends no heartbeat without a lease, while renewal is off, or before the welcome", () => {
  const { beat, next, welcome, assign } = setup();
  assign(1n);
  expect(next()).toBeUndefined();
  welcome();
  beat.renew(false);
  expect(next()).toBeUndefined();
  beat.renew(true);
  expect(next()).toEqual([1n]);
  beat.drop(lease(1n) as never);
  expect(next()).toBeUndefined();
});
