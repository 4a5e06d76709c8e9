/** Does something to the release while callers outside and inside of the cluster use it. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { home, linesOf, startNode } from "./cluster.ts";
import type { LoadOptions, LoadReport } from "./load/options.ts";
import { inside, LOAD_QUEUE, outside, ownKey } from "./release.ts";

/** How long the callers run before and after what is done to the release. */
const BEFORE_MS = 3_000;
const AFTER_MS = 5_000;
export const JOB_MS = 2_000;

interface Callers {
  stop(): Promise<LoadReport>;
}

let runs = 0;

async function startCallers(
  name: string,
  isInside: boolean,
  options: Pick<LoadOptions, "address"> & Partial<LoadOptions>,
): Promise<Callers> {
  runs += 1;
  const load: LoadOptions = {
    ...{ run: `${name}-${process.pid}-${runs}`, apiKey: await ownKey(), queue: LOAD_QUEUE },
    ...{ jobMs: JOB_MS, callers: 4, perSecond: 1 },
    ...options,
  };
  const child = startNode("load/callers.ts", {
    ...{ network: "n1", inside: isInside, env: { LOAD: JSON.stringify(load) } },
  });
  const lines = linesOf(child);
  await lines.next();
  return {
    async stop() {
      const line = lines.next();
      child.stdin?.write("stop\n");
      return JSON.parse(await line) as LoadReport;
    },
  };
}

/** What callers of each place saw. */
export interface Reports {
  readonly outside: LoadReport;
  readonly headless: LoadReport;
  readonly service: LoadReport;
}

/**
 * Runs `work` while callers use the release by a port of a node, by the headless Service and by the plain one. All figures are
 * kept in figures.jsonl of the cluster's folder.
 */
export async function underLoad(what: string, work: () => Promise<unknown>): Promise<Reports> {
  const name = what.replace(/\W+/g, "-");
  const { address, http } = await outside();
  const grpcOnly = { ways: ["wait", "watch"], callers: 2 };
  const [fromOutside, headless, service] = await Promise.all([
    startCallers(`${name}-outside`, false, { address, http, callers: 6 }),
    startCallers(`${name}-headless`, true, { address: inside.headless, ...grpcOnly }),
    startCallers(`${name}-service`, true, { address: inside.service, ...grpcOnly }),
  ]);
  let failed: { readonly error: unknown } | undefined;
  await pause(BEFORE_MS);
  const startedMs = Date.now();
  await work().catch((error: unknown) => (failed = { error }));
  const tookSeconds = (Date.now() - startedMs) / 1_000;
  await pause(AFTER_MS);
  const reports: Reports = {
    outside: await fromOutside.stop(),
    headless: await headless.stop(),
    service: await service.stop(),
  };
  if (failed !== undefined) throw failed.error;
  appendFileSync(
    join(home, "figures.jsonl"),
    `${JSON.stringify({ what, tookSeconds, ...reports })}\n`,
  );
  return reports;
}

/** What a caller must never see, whatever is done to the release: failed calls, lost or doubled jobs. */
export const promised = ({ jobs, acknowledged, states, doubled, failures }: LoadReport) => ({
  ...{ failures, doubled, unanswered: jobs - acknowledged },
  unfinished: acknowledged - (states.SUCCEEDED ?? 0),
});
export const kept = { failures: [], doubled: 0, unanswered: 0, unfinished: 0 };

/** How many attempts were spent besides the first ones. */
export const attemptsBurnt = ({ attempts }: LoadReport): number =>
  Object.entries(attempts).reduce((sum, [attempt, jobs]) => sum + (Number(attempt) - 1) * jobs, 0);

/** No caller has lost a call or a job, and no job has lost an attempt. */
export function expectNothingLost(reports: Reports): void {
  for (const report of Object.values(reports)) {
    expect(promised(report)).toEqual(kept);
    expect(attemptsBurnt(report)).toBe(0);
  }
}
