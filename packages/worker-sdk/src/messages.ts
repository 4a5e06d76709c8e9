import { create } from "@bufbuild/protobuf";
import {
  AppendOutputSchema,
  type AttemptOutcome,
  AttemptOutcomeSchema,
  type AttemptOutput,
  CreditSchema,
  DrainingSchema,
  GoodbyeSchema,
  HeartbeatSchema,
  HelloSchema,
  type LeaseRef,
  SettleAttemptsSchema,
  type WorkRequest,
} from "@millrace/proto/worker-service";

type Message = WorkRequest["message"];

const sdk = "millrace-node/0.1.0";

export interface Introduction {
  readonly workerId: string;
  readonly queues: readonly string[];
  readonly pools?: readonly string[];
  readonly executors: Readonly<Record<string, unknown>>;
  readonly slots: number;
  readonly guestSlots?: number;
  readonly version?: string;
}

export const hello = (worker: Introduction, freeSlots: number, leases: LeaseRef[]): Message => ({
  case: "hello",
  value: create(HelloSchema, {
    ...{ workerId: worker.workerId, credit: freeSlots, leases, sdk },
    queues: [...worker.queues],
    pools: [...(worker.pools ?? [])],
    types: Object.keys(worker.executors),
    slots: worker.slots,
    guestSlots: worker.guestSlots ?? 0,
    version: worker.version ?? "",
  }),
});

export const credit = (slots: number): Message => ({
  case: "credit",
  value: create(CreditSchema, { slots }),
});

export const heartbeat = (leases: LeaseRef[]): Message => ({
  case: "heartbeat",
  value: create(HeartbeatSchema, { leases }),
});

export const appendOutput = (attempts: AttemptOutput[]): Message => ({
  case: "output",
  value: create(AppendOutputSchema, { attempts }),
});

export const settle = (outcomes: AttemptOutcome[]): Message => ({
  case: "settle",
  value: create(SettleAttemptsSchema, { outcomes }),
});

export const outcome = (lease: LeaseRef, how: AttemptOutcome["outcome"]): AttemptOutcome =>
  create(AttemptOutcomeSchema, { lease, outcome: how });

export const draining = (): Message => ({ case: "draining", value: create(DrainingSchema) });

export const goodbye = (): Message => ({ case: "goodbye", value: create(GoodbyeSchema) });
