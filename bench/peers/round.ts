import type { Contender } from "./contenders.ts";
import { type Order, startLineProgram } from "./line-program.ts";
import type { Postgres } from "./postgres.ts";
import { usageOf } from "./process-tree.ts";
import { openStore } from "./stores.ts";

export interface Round {
  readonly jobsPerSecond: number;
  /** By part: programs, services and store. */
  readonly cpuUsPerJob: Readonly<Record<string, number>>;
  readonly cpuUsPerJobInAll: number;
}

/** Runs one contender with new programs and a new store: first some jobs to warm up, and then the measured jobs. */
export async function runRound(
  contender: Contender,
  order: Order,
  slots: number,
  postgres?: Postgres,
): Promise<Round> {
  await using store = await openStore(contender.store, postgres);
  const settings = { ...store.settings, SLOTS: String(slots) };
  // The producer starts first, because the peers on PostgreSQL create their tables for a producer.
  await using producer = await startLineProgram(contender.producer, contender.folder, settings);
  await using worker = await startLineProgram(contender.worker, contender.folder, settings);
  const roots = { producer: producer.pid, worker: worker.pid, ...store.pids };
  const through = ({ jobs }: { jobs: number }) =>
    Promise.all([worker.doneMore(jobs), producer.produce({ ...order, jobs })]);

  await through({ jobs: Math.ceil(order.jobs / 5) });
  const before = usageOf(roots);
  const startedMs = performance.now();
  await through(order);
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = usageOf(roots);
  const perJob = (us: number) => Math.round((us / order.jobs) * 10) / 10;
  const cpu = Object.entries(after).map(
    ([part, { cpuUs }]) => [part, cpuUs - (before[part]?.cpuUs ?? 0)] as const,
  );
  return {
    jobsPerSecond: order.jobs / seconds,
    cpuUsPerJob: Object.fromEntries(cpu.map(([part, us]) => [part, perJob(us)])),
    cpuUsPerJobInAll: perJob(cpu.reduce((sum, [, us]) => sum + us, 0)),
  };
}
