/** Schedules of one key that several schedulers run, each of which may die at any call of the engine. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Engine, openEngine, type ScheduleRecord } from "@millrace/engine";
import { OverlapPolicy, ScheduleSpecSchema } from "@millrace/proto/schedule";
import {
  type Clock,
  type JobId,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
  type ScheduleId,
  scheduleIdOf,
  systemClock,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { runSchedule } from "../../services/scheduler/src/handlers/schedules/run-schedule.ts";
import { runSchedules } from "../../services/scheduler/src/schedules/run-schedules.ts";
import {
  createSchedule,
  pauseSchedule,
  updateSchedule,
} from "../../services/scheduler/src/schedules/store-schedule.ts";

const KEY = "aaaa" as KeyId;
const QUEUE = "documents" as QueueName;
export const CLAIM_MS = 5_000;
const REPLICAS = 3;

/** Where a scheduler dies during a round: at its nth call of the engine, before the call or after it. */
export interface Death {
  readonly call: number;
  readonly after: boolean;
}

class Died extends Error {}

/** The engine of a scheduler that dies. */
function mortal(engine: Engine, death: Death | undefined): Engine {
  let calls = 0;
  return new Proxy(engine, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (death === undefined || typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        calls += 1;
        const dies = calls >= death.call;
        if (dies && !(death.after && calls === death.call)) throw new Died();
        const reply: unknown = await Reflect.apply(member, target, args);
        if (dies) throw new Died();
        return reply;
      };
    },
  });
}

const observer = {
  submitted: () => undefined,
  scheduleRun: () => undefined,
  shed: () => undefined,
};
const pressure = { admits: () => true };
const log = { warn: () => undefined } as never;

export interface Wanted {
  readonly intervalMs: number;
  readonly overlap: "SKIP" | "BUFFER_ONE" | "ALLOW_ALL";
  readonly catchUp: number;
  readonly jitterMs: number;
}

export async function openSchedulesWorld() {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000, latestMs: 0, skewsMs: [0, 0, 0] };
  const clockOf = (replica: number): Clock => ({
    nowMs: () => time.nowMs + (time.skewsMs[replica] ?? 0),
    after: systemClock.after,
  });
  const engines = await Promise.all(
    Array.from({ length: REPLICAS }, (_, replica) =>
      openEngine({ redis: { url }, rootPrefix, random, clock: clockOf(replica) }),
    ),
  );
  const engine = engines[0] as Engine;
  await engine.defineQueue({ name: QUEUE, shards: 2 });
  const partsOf = (replica: number) => ({
    ...{ engine: engines[replica] as Engine, clock: clockOf(replica), most: 100 },
  });
  /** The jobs that were submitted by hand. */
  const now = new Set<string>();
  let made = 0;

  const round = async (replica: number, death?: Death) => {
    const one = mortal(engines[replica] as Engine, death);
    const parts = { engine: one, observer, pressure, clock: clockOf(replica), random, log };
    try {
      for (;;) {
        const { schedules } = await one.takeSchedules(QUEUE, 4, CLAIM_MS);
        if (schedules.length === 0) return;
        await runSchedules(parts, schedules);
      }
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
  };

  return {
    ...{ url, rootPrefix, engine, time, now },
    async create({ intervalMs, overlap, catchUp, jitterMs }: Wanted): Promise<ScheduleId> {
      made += 1;
      const spec = create(ScheduleSpecSchema, {
        ...{ name: `s${made}`, overlap: OverlapPolicy[overlap], catchUp },
        timing: { case: "interval", value: durationFromMs(intervalMs) },
        jitter: durationFromMs(jitterMs),
        job: { queue: QUEUE, type: "work" },
      });
      await createSchedule(partsOf(0), KEY, spec);
      return scheduleIdOf(QUEUE, KEY, spec.name);
    },
    /** Schedulers look at the same time. */
    async rounds(replicas: readonly number[], death?: Death) {
      time.latestMs = Math.max(time.latestMs, time.nowMs + Math.max(...time.skewsMs));
      await Promise.all(
        replicas.map((replica, at) => round(replica, at === 0 ? death : undefined)),
      );
    },
    update: (
      replica: number,
      id: ScheduleId,
      changes: MessageInitShape<typeof ScheduleSpecSchema>,
    ) => updateSchedule(partsOf(replica), id, create(ScheduleSpecSchema, changes)),
    /** Changes a schedule. `between` runs after the schedule was read, and before the change is written. */
    async updateBehind(
      id: ScheduleId,
      changes: MessageInitShape<typeof ScheduleSpecSchema>,
      between: () => Promise<void>,
    ) {
      let isFirst = true;
      const behind: Pick<Engine, "putSchedule" | "getSchedules" | "recentQueue" | "models"> = {
        models: engine.models,
        getSchedules: (ids) => engine.getSchedules(ids),
        recentQueue: (name) => engine.recentQueue(name),
        async putSchedule(change) {
          if (isFirst) await between();
          isFirst = false;
          return engine.putSchedule(change);
        },
      };
      const parts = { ...partsOf(0), engine: behind };
      return updateSchedule(parts, id, create(ScheduleSpecSchema, changes));
    },
    pause: (replica: number, id: ScheduleId, paused: boolean) =>
      pauseSchedule(partsOf(replica), id, { paused, note: "because" }),
    async runNow(id: ScheduleId) {
      const jobId = newJobId(QUEUE, KEY, time.nowMs, random);
      const call = runSchedule({ engine, observer, pressure, clock: clockOf(0) });
      await call({ keyId: KEY, scheduleId: id, jobId } as never, {} as never);
      now.add(jobId);
    },
    async read(id: ScheduleId): Promise<ScheduleRecord | undefined> {
      return (await engine.getSchedules([id]))[0];
    },
    /** Completes up to `count` jobs. */
    async finish(count: number) {
      const { leases } = await engine.lease({
        ...{ queue: QUEUE, count, leaseMs: 30_000, workerId: "w" },
      });
      await engine.settle(
        leases.map((lease) => ({ ...lease, kind: "complete" as const, resultJson: "1" })),
      );
    },
    /** All jobs of schedules, with their due times. */
    async jobs() {
      const found: { id: JobId; scheduleId: string; dueMs: number; ended: boolean }[] = [];
      let pageToken: string | undefined;
      do {
        const page = await engine.listJobs({
          ...{ keyId: KEY, queue: QUEUE, pageSize: 500 },
          ...(pageToken === undefined ? {} : { pageToken }),
        });
        for (const { id, details = "{}", state } of page.jobs) {
          const { scheduleId = "", scheduleDueTime = "" } = JSON.parse(details) as Record<
            string,
            string
          >;
          const dueMs = Date.parse(scheduleDueTime);
          found.push({ id, scheduleId, dueMs, ended: state === "SUCCEEDED" });
        }
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      return found;
    },
    close: async () => {
      await Promise.all(engines.map((one) => one.close()));
    },
  };
}

export type SchedulesWorld = Awaited<ReturnType<typeof openSchedulesWorld>>;
