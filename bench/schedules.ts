/**
 * What do 10,000 schedules cost a system that does nothing else? `node bench/schedules.ts [schedules] [seconds]`
 *
 * Reads the CPU time of a scheduler and of Redis over some seconds, first without schedules, then with schedules that are
 * each due once an hour, spread over the hour. The difference is their cost, the submission of their jobs included. It ends
 * with an error if this is more than 2 % of a core.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace } from "@millrace/client";
import { numberArgument } from "./parts/arguments.ts";
import { circumstances, keep, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { cpuUs } from "./parts/usage.ts";

const SCHEDULES = numberArgument(0, 10_000);
const SECONDS = numberArgument(1, 60);
/** A key may have a thousand schedules in a queue. */
const PER_KEY = 1_000;
const AT_ONCE = 50;
const MOST_PERCENT = 2;

await using bench = await startBenchSystem();
const { system, pids } = bench;
const about = circumstances(bench.redisVersion);
const measured = Object.entries(pids).filter(([name]) => !name.startsWith("gateway"));

/** Percent of a core, by process. */
async function usage(): Promise<Record<string, number>> {
  const read = () => Promise.all(measured.map(([, pid]) => cpuUs(pid)));
  const [before, beganMs] = [await read(), performance.now()];
  await sleep(SECONDS * 1_000);
  const [after, elapsedMs] = [await read(), performance.now() - beganMs];
  return Object.fromEntries(
    measured.map(([name], at) => {
      const spentMs = ((after[at] ?? 0) - (before[at] ?? 0)) / 1_000;
      return [name, rounded((100 * spentMs) / elapsedMs)];
    }),
  );
}

const sum = (of: Readonly<Record<string, number>>) =>
  Object.values(of).reduce((total, one) => total + one, 0);

const without = await usage();
for (let made = 0; made < SCHEDULES; made += PER_KEY) {
  const apiKey = await system.createApiKey(`bench-${made}`);
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  for (let from = 0; from < PER_KEY; from += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, at) => made + from + at);
    await Promise.all(
      some.map((n) =>
        millrace.schedules.create({
          ...{ name: `s${n}`, cron: `${n % 60} ${Math.floor(n / 60) % 60} * * * *` },
          job: { queue: "bench", type: "noop" },
          overlap: "allow_all",
        }),
      ),
    );
  }
  await millrace.close();
}
const withSchedules = await usage();
const percent = rounded(sum(withSchedules) - sum(without));
console.log(`without: ${JSON.stringify(without)}, with: ${JSON.stringify(withSchedules)}`);
console.log(`${SCHEDULES} schedules cost ${percent} % of a core`);
const question = "what schedules cost an idle system, in percent of a core";
keep("schedules", {
  ...{ question, ...about, schedules: SCHEDULES, seconds: SECONDS },
  ...{ without, with: withSchedules, percent },
});
if (percent > MOST_PERCENT) process.exitCode = 1;
