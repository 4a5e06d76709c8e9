/** A process of bench/budgets.ts. It leases and settles jobs with its own engine, and reports its leases. */
import { openEngine } from "@millrace/engine";
import { type Clock, type QueueName, systemClock, systemRandom } from "@millrace/shared";

const { BENCH_REDIS_URL = "", BENCH_SPEED = "1", BENCH_START_MS = "0" } = process.env;
const queues = (process.env.BENCH_QUEUES ?? "").split(",") as QueueName[];
const speed = Number(BENCH_SPEED);
const startMs = Number(BENCH_START_MS);
const LEASE_MS = 20_000;
/** The share of leases whose worker dies: nobody settles them, and they expire. */
const DEATHS = 0.02;

/** A clock that runs faster. It is the same in every process, because all share the machine's clock. */
const clock: Clock = {
  nowMs: () => Math.round(startMs + (systemClock.nowMs() - startMs) * speed),
  after: (delayMs, run) => systemClock.after(delayMs / speed, run),
};
const engine = await openEngine({
  redis: { url: BENCH_REDIS_URL, commandTimeoutMs: 60_000 },
  clock,
  random: systemRandom,
});

/** The key, the time in ms, the reserved tokens, and the spent tokens (-1 if the worker died). */
type Row = readonly [key: string, atMs: number, reserved: number, spent: number];
let rows: Row[] = [];
let working = true;

const between = (low: number, high: number) => low + Math.random() * (high - low);

async function work(queue: QueueName): Promise<void> {
  while (working) {
    const { leases } = await engine.lease({ queue, count: 16, leaseMs: LEASE_MS, workerId: "w" });
    if (leases.length === 0) {
      await new Promise((resolve) => clock.after(200, () => resolve(undefined)));
      continue;
    }
    await Promise.all(
      leases.map(async (lease) => {
        const reserved = lease.job.estimatedTokens ?? 0;
        const key = lease.jobId.split("~")[1] ?? "";
        const atMs = lease.expiresAtMs - LEASE_MS;
        if (Math.random() < DEATHS) {
          rows.push([key, atMs, reserved, -1]);
          return;
        }
        await new Promise((resolve) => clock.after(between(200, 4_000), () => resolve(undefined)));
        // A job spends up to half more or less than its estimate.
        const spent = Math.round(reserved * between(0.5, 1.5));
        const usage = { inputTokens: spent, outputTokens: 0, providerCalls: 1 };
        const [outcome] = await engine.settle([
          { ...lease, kind: "complete", resultJson: "1", usage },
        ]);
        rows.push([key, atMs, reserved, outcome?.kind === "settled" ? spent : -1]);
      }),
    );
  }
}

const duties = async () => {
  while (working) {
    for (const queue of queues) await engine.reap(queue, 500);
    await new Promise((resolve) => clock.after(1_000, () => resolve(undefined)));
  }
};

process.on("message", (message: { readonly stop?: true }) => {
  if (message.stop) working = false;
  const reported = rows;
  rows = [];
  process.send?.({ rows: reported });
});
process.on("disconnect", () => process.exit(0));
void duties();
for (let slot = 0; slot < 8; slot += 1) for (const queue of queues) void work(queue);
process.send?.({ ready: true });
