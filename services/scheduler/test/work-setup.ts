import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Engine, type JobSpec, openEngine } from "@millrace/engine";
import {
  type WorkRequest,
  WorkRequestSchema,
  type WorkResponse,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";
import { createOutbox } from "@millrace/runtime";
import { defaultBackoff, type KeyId, newJobId, type QueueName } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { ManualClock, redisForTests, seededRandom } from "@millrace/testing";
import { onTestFinished } from "vitest";
import { Leasing } from "../src/leasing/leasing.ts";
import { jobObserver } from "../src/observing/job-observer.ts";
import { ConnectedWorkers } from "../src/session/connected-workers.ts";
import { LeaseTokens } from "../src/session/lease-tokens.ts";
import { WorkSession } from "../src/session/work-session.ts";
import { createWrites } from "../src/session/writes.ts";
import type { WorkerPass } from "../src/tokens/worker-tokens.ts";

export const queue = "documents" as QueueName;

interface Worker {
  readonly workerId?: string;
  readonly queues?: string[];
  readonly pools?: string[];
  readonly types?: string[];
  readonly slots?: number;
  readonly guestSlots?: number;
  readonly version?: string;
  readonly leases?: { jobId: string; fencingToken: bigint }[];
}

/** A scheduler's part for workers, on a real Redis. `between` is placed between it and the engine. */
export async function setup(between: (engine: Engine) => Engine = (engine) => engine) {
  const { url, rootPrefix } = await redisForTests();
  const clock = new ManualClock();
  const random = seededRandom(1);
  const metrics = createMetrics("scheduler");
  const observer = jobObserver(metrics);
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue });

  const submit = async (change: Partial<JobSpec> = {}, to = queue) => {
    const id = newJobId(to, "aaaa" as KeyId, clock.nowMs(), random);
    const rest = { priority: 50, maxAttempts: 3, backoff: defaultBackoff };
    const spec = { id, type: "summarize", payloadJson: "{}", labels: {}, ...rest };
    await engine.submit([{ ...spec, submittedAtMs: clock.nowMs(), ...change }]);
    return id;
  };

  const times = { leaseMs: 30_000, stopGraceMs: 1_000 };
  const shared = { engine: between(engine), observer, clock, random, schedulerId: "s1", ...times };
  const onError = (error: unknown) => {
    throw error;
  };
  const leasing = new Leasing({ ...shared, onError });
  const writes = createWrites(shared);

  const connected = new ConnectedWorkers();
  const tokens = new LeaseTokens(await engine.leaseSecret());

  const connect = (credit: number, worker: Worker = {}, pass: WorkerPass = { name: "worker" }) => {
    const requests = createOutbox<WorkRequest>();
    const drain = new AbortController();
    const session = new WorkSession({
      ...{ ...shared, leasing, writes, connected, tokens, pass, address: "10.0.0.7:4711" },
    });
    const responses = session.run(requests, drain.signal)[Symbol.asyncIterator]();
    const send = (message: MessageInitShape<typeof WorkRequestSchema>["message"]) =>
      void requests.push(create(WorkRequestSchema, message === undefined ? {} : { message }));
    const next = async (): Promise<WorkResponse["message"] | undefined> => {
      const { done, value } = await responses.next();
      return done === true ? undefined : create(WorkResponseSchema, value).message;
    };
    onTestFinished(() => requests.end());
    const hello = { workerId: "w1", queues: [queue], credit, ...worker };
    send({ case: "hello", value: hello });
    const assignedAll = async () => {
      const message = await next();
      if (message?.case !== "assignments") throw new Error(`no assignment but ${message?.case}`);
      return message.value.assignments.map(({ lease, ...rest }) => {
        if (lease === undefined) throw new Error("an assignment without a lease");
        return { ...rest, lease };
      });
    };
    const assigned = async () => {
      const [first] = await assignedAll();
      if (first === undefined) throw new Error("no assignment in the message");
      return first;
    };
    /** Resolves when all that was sent has been handled. The worker must hold no lease yet. */
    const heard = async () => {
      send({ case: "heartbeat", value: { leases: [] } });
      const message = await next();
      if (message?.case !== "heartbeatAck") throw new Error(`no answer but ${message?.case}`);
    };
    /** Resolves when the worker waits for jobs. */
    const waits = async () => {
      const message = await next();
      if (message?.case !== "welcome") throw new Error(`no welcome but ${message?.case}`);
      await heard();
    };
    /** Ends the stream as a broken connection does. The worker's leases go on. */
    const cut = () => requests.end();
    return { send, next, assigned, assignedAll, heard, waits, drain, cut };
  };
  return { engine, clock, metrics, writes, submit, connect, connected, tokens };
}
