// Machines' clocks differ, and people set them. The scheduler's clock, which is Redis's, stamps all jobs,
// whichever gateway accepted them. Time limits in a gateway do not depend on its machine's clock.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { expect, test } from "vitest";

const MINUTES = 60_000;

/** Settings for a process whose machine's clock is wrong by this much. */
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

test("jobs of gateways whose clocks are ten minutes wrong have true times and are listed in order", async () => {
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
  // The limit is 366 days.
  const runAt = new Date(Date.now() + 366 * 24 * 60 * MINUTES - MINUTES).toISOString();
  await call(behind, "/v1/jobs", { ...job, runAt });
});

const jumpingClock = join(import.meta.dirname, "../faults/storm/jumping-clock.ts");

test("a revoked key is refused in time although its gateway's clock was an hour ahead before", async () => {
  await using system = await startSystem({ gateways: 0, workers: 0 });
  const gateway = await system.addGateway({
    NODE_OPTIONS: `--import ${pathToFileURL(jumpingClock).href}`,
    MILLRACE_KEY_CACHE_MS: "1000",
  });
  const jump = () => process.kill(gateway.pid, "SIGUSR2");
  const apiKey = await system.createApiKey("revoked");
  jump();
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  const { jobId } = await millrace.submit({ queue: "documents", type: "chat", payload: {} });
  await millrace.close();
  jump();
  const jobs = grpcClient(JobService, system.gatewayTarget(), { token: apiKey });
  const events = jobs.rpc.watchJob({ jobId })[Symbol.asyncIterator]();
  await events.next();
  const admin = grpcClient(AdminService, system.schedulers[0]?.addresses.admin ?? "");
  await admin.rpc.revokeApiKey({ keyId: jobId.split("~")[1] ?? "" });
  await expect(events.next()).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
  admin.close();
  jobs.close();
});
