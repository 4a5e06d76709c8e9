// Machines' clocks differ. Jobs are stamped by the schedulers' clock, which is Redis', whichever gateway took them.
import { startSystem } from "@millrace/local";
import { expect, test } from "vitest";

const MINUTES = 60_000;

/** For a process whose machine's clock is so far off. */
const skewed = (byMs: number) => {
  const code =
    `const now=Date.now;Date.now=()=>now()+(${byMs});` +
    `Object.defineProperty(performance,"timeOrigin",{value:performance.timeOrigin+(${byMs})})`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
};

interface Job {
  readonly id: string;
  readonly submitTime: string;
  readonly startTime: string;
  readonly finishTime: string;
}

test("jobs of gateways that are ten minutes behind and ahead have times near the true one, in order, and are listed in order", async () => {
  await using system = await startSystem({
    gateways: 0,
    settings: { worker: { MILLRACE_THREADS: "1" } },
  });
  const behind = await system.addGateway(skewed(-10 * MINUTES));
  const ahead = await system.addGateway(skewed(10 * MINUTES));
  const headers = { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" };
  const call = async (gateway: typeof ahead, path: string, body?: object) => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`http://${gateway.addresses.http}${path}`, { headers, ...init });
    expect(response.status).toBeLessThan(300);
    return await response.json();
  };
  const payload = { messages: [{ role: "user", content: "The sea was calm." }] };
  const job = { queue: "documents", type: "chat", payload };
  const began = Date.now();
  const ids: string[] = [];
  for (const gateway of [ahead, behind, ahead, behind]) {
    const path = "/v1/jobs?wait=30";
    ids.push(((await call(gateway, path, job)) as Job).id);
  }
  const { jobs } = (await call(behind, "/v1/jobs?queue=documents")) as { jobs: Job[] };
  expect(jobs.map(({ id }) => id)).toEqual(ids.toReversed());
  for (const { submitTime, startTime, finishTime } of jobs) {
    const times = [submitTime, startTime, finishTime].map((time) => Date.parse(time));
    expect(times).toEqual(times.toSorted());
    expect(times[0]).toBeGreaterThan(began - MINUTES);
    expect(times[2]).toBeLessThan(Date.now() + MINUTES);
  }
  // 366 days are the limit.
  const runAt = new Date(Date.now() + 366 * 24 * 60 * MINUTES - MINUTES).toISOString();
  await call(behind, "/v1/jobs", { ...job, runAt });
});
