/**
 * Tests a rollout as clusters make them: all gateways and schedulers are replaced within a moment, the name server tells of the
 * former ones for a while, and their addresses vanish with them. They linger (MILLRACE_LINGER_MS), so that nobody notices.
 */
import { connectMillrace } from "@millrace/client";
import { type LocalService, startService } from "@millrace/local";
import { answer, freePort, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { startDnsServer } from "../security/dns-server.ts";
import { openBlackHole } from "./black-hole.ts";
import { Rounds } from "./rounds.ts";
import { callerAt, startForTest } from "./setup.ts";

const RESOLVER = { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: "true" };
// Then gRPC asks the name server that a target names. It reads the variable when it is loaded.
vi.hoisted(() => {
  process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER = "true";
});
const FORMER = ["127.0.0.2", "127.0.0.3"];
const NEW = ["127.0.0.4", "127.0.0.5"];
/** As in the chart. It leaves time for calls with the former answers of the name server, and then with its new ones. */
const LINGER = { MILLRACE_LINGER_MS: "40000" };
const PIECES = ["The ", "sea ", "was ", "calm."];
const job = {
  queue: "documents",
  type: "chat",
  payload: { messages: [{ role: "user", content: "How was the sea?" }] },
};

async function setup() {
  const names = { current: FORMER };
  const dns = await startDnsServer(() => names.current);
  onTestFinished(() => void dns.close());
  const ports = { grpc: await freePort(), gateways: await freePort(), workers: await freePort() };
  const at = (port: number) => `dns://${dns.address}/service.test:${port}`;
  const provider = await startProviderSimulator(() => ({ ...answer(...PIECES), pauseMs: 60 }));
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const ofScheduler = async (host = "") => ({
    ...LINGER,
    MILLRACE_SCHEDULER_HOST: host,
    MILLRACE_SCHEDULER_PORT: String(ports.gateways),
    MILLRACE_WORKER_PORT: String(ports.workers),
    MILLRACE_METRICS_PORT: "0",
    MILLRACE_ADMIN_PORT: String(await freePort()),
    MILLRACE_ADMIN_HTTP_PORT: "0",
  });
  const { system } = await startForTest({
    ...{ gateways: 0, workers: 0 },
    settings: {
      scheduler: await ofScheduler(FORMER[0]),
      gateway: { ...RESOLVER, ...LINGER, MILLRACE_SCHEDULER_ADDRESS: at(ports.gateways) },
      worker: {
        ...RESOLVER,
        MILLRACE_SCHEDULER_ADDRESS: at(ports.workers),
        MILLRACE_SLOTS: "16",
        MILLRACE_PROVIDER: "openai",
        OPENAI_BASE_URL: provider.url,
        OPENAI_API_KEY: "a key",
      },
    },
  });
  const startScheduler = async (host = "") => {
    const settings = { ...(await ofScheduler(host)), MILLRACE_REDIS_URL: system.redis.url };
    const scheduler = await startService("scheduler", { settings });
    onTestFinished(() => scheduler[Symbol.asyncDispose]());
    return scheduler;
  };
  const startGateway = (host = "") =>
    system.addGateway({
      MILLRACE_GATEWAY_HOST: host,
      MILLRACE_GATEWAY_PORT: String(ports.grpc),
      MILLRACE_HTTP_PORT: "0",
    });
  const others = [startScheduler(FORMER[1]), ...FORMER.map(startGateway)];
  const workers = [system.addWorker(), system.addWorker()];
  const former = [...system.schedulers, ...(await Promise.all(others))];
  await Promise.all(workers);
  const startNew = () => Promise.all([...NEW.map(startScheduler), ...NEW.map(startGateway)]);
  return { system, names, ports, target: at(ports.grpc), former, startNew };
}

const readiness = async ({ addresses }: LocalService) =>
  (await fetch(`http://${addresses.metrics}/readyz`)).status;

test("no call fails and no attempt is spent when all replicas leave at once and names change late", async () => {
  const { system, names, ports, target, former, startNew } = await setup();
  const millrace = connectMillrace({ address: target, apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const load = new Rounds();
  const once = { state: "SUCCEEDED", attempt: 1, stalls: 0, bounces: 0 };
  const run = async (n: string) => {
    const ended = await millrace.run({ ...job, idempotencyKey: n });
    expect(ended).toMatchObject({ ...once, result: { text: PIECES.join("") } });
    return ended.id;
  };
  const jobId = await run("first");
  for (let caller = 0; caller < 4; caller += 1) {
    load.start(`run ${caller}`, async (n) => void (await run(`${caller}-${n}`)));
  }
  // These callers try no call again, so that each call that fails is seen.
  const untried = callerAt(target, system.apiKey);
  load.start("calls that are not tried again", async () => {
    for (let call = 0; call < 10; call += 1) await untried.jobs.getJob({ jobId });
  });
  await load.more(2);

  await startNew();
  expect(await Promise.all(former.map(readiness))).toEqual([200, 200, 200, 200]);
  const stopped = Promise.all(former.map((service) => service.stop()));
  await expect
    .poll(() => Promise.all(former.map(readiness)), { timeout: 10_000 })
    .toEqual([503, 503, 503, 503]);
  // The name server has not heard yet, and some callers know one address only.
  const lone = callerAt(`${FORMER[0]}:${ports.grpc}`, system.apiKey);
  for (let call = 0; call < 10; call += 1) await lone.jobs.getJob({ jobId });
  await load.more(2);
  names.current = NEW;
  for (const exit of await stopped) expect(exit).toEqual({ code: 0, signal: null });

  for (const host of FORMER) {
    for (const port of Object.values(ports)) {
      const hole = await openBlackHole(host, port);
      onTestFinished(() => hole[Symbol.asyncDispose]());
    }
  }
  await load.more(2);
  await load.end();
  const listed = await Array.fromAsync(millrace.list({ queue: "documents", pageSize: 500 }));
  for (const ended of listed) expect(ended).toMatchObject(once);
}, 300_000);
