import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { connectMillrace } from "@millrace/client";
import { freePort, type ServiceName, startRedis, startService } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import { testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { Heard } from "../faults/heard.ts";
import { python } from "./python.ts";

const run = promisify(execFile);

/** Starts one of each service, with certificates on both sides of every connection. */
async function setup() {
  const folder = await mkdtemp(join(tmpdir(), "millrace-tls-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = async (name: string, content: Buffer) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const authority = testAuthority();
  const ca = await file("ca.pem", authority.ca);
  const strangersCa = await file("stranger.pem", testAuthority().ca);
  const pair = async (name: string) => {
    const { cert, key } = authority.issue(name);
    return { cert: await file(`${name}.pem`, cert), key: await file(`${name}-key.pem`, key) };
  };
  const listening = async (name: string) => {
    const { cert, key } = await pair(name);
    return { MILLRACE_TLS_CERT_FILE: cert, MILLRACE_TLS_KEY_FILE: key };
  };
  const calling = async (name: string) => {
    const { cert, key } = await pair(name);
    return {
      MILLRACE_SCHEDULER_CA_FILE: ca,
      MILLRACE_SCHEDULER_CERT_FILE: cert,
      MILLRACE_SCHEDULER_KEY_FILE: key,
    };
  };

  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const log = new Heard<string>();
  const start = async (name: ServiceName, settings: Record<string, string>) => {
    const service = await startService(name, {
      settings: {
        MILLRACE_METRICS_PORT: "0",
        MILLRACE_TLS_RELOAD_MS: "100",
        MILLRACE_DOCUMENTS_DIR: folder,
        ...settings,
      },
      log: (line) => log.add(`${name} ${line}`),
    });
    onTestFinished(() => service[Symbol.asyncDispose]());
    return service;
  };
  const scheduler = await start("scheduler", {
    ...(await listening("scheduler")),
    MILLRACE_TLS_CLIENT_CA_FILE: ca,
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_SCHEDULER_PORT: String(await freePort()),
    MILLRACE_WORKER_PORT: String(await freePort()),
    MILLRACE_ADMIN_PORT: String(await freePort()),
    MILLRACE_ADMIN_HTTP_PORT: String(await freePort()),
  });
  const startGateway = async (settings: Record<string, string>) => {
    const gateway = await start("gateway", {
      ...(await listening("gateway")),
      MILLRACE_SCHEDULER_ADDRESS: String(scheduler.addresses.address),
      MILLRACE_GATEWAY_PORT: String(await freePort()),
      MILLRACE_HTTP_PORT: "0",
      ...settings,
    });
    return gateway.addresses;
  };
  await start("worker", {
    ...(await calling("worker")),
    MILLRACE_SCHEDULER_ADDRESS: String(scheduler.addresses.workers),
  });
  const admin = grpcClient(AdminService, String(scheduler.addresses.admin), {
    credentials: credentials.createSsl(authority.ca),
  });
  onTestFinished(() => admin.close());
  await admin.rpc.putQueue({ queue: { name: "documents" } });
  // No worker serves this queue.
  await admin.rpc.putQueue({ queue: { name: "idle" } });
  const { key: apiKey } = await admin.rpc.createApiKey({ name: "tls" });
  return { authority, ca, strangersCa, startGateway, calling, apiKey, file, scheduler, log };
}

const job = {
  queue: "documents",
  type: "chat",
  payload: { messages: [{ role: "user", content: "The whale swam. The sea was calm." }] },
};

test("a job passes services with mutual TLS", async () => {
  const { authority, ca, startGateway, calling, apiKey } = await setup();
  const gateway = await startGateway(await calling("gateway-client"));
  const millrace = connectMillrace({
    address: String(gateway.address),
    apiKey,
    tls: { ca: authority.ca },
  });
  onTestFinished(() => millrace.close());
  expect(await millrace.run(job)).toMatchObject({ state: "SUCCEEDED" });
  const { stdout } = await run("curl", [
    ...["-sS", "--cacert", ca, "-H", `Authorization: Bearer ${apiKey}`],
    ...["-H", "Content-Type: application/json", "-H", "Prefer: wait=30"],
    ...["-d", JSON.stringify(job), "-w", " %{http_code}"],
    `https://${gateway.http}/v1/jobs`,
  ]);
  expect(stdout).toContain("JOB_STATE_SUCCEEDED");
  expect(stdout).toMatch(/ 200$/);
});

test("replaced certificates take effect without a restart, and no call is cut", async () => {
  const { authority, startGateway, calling, apiKey, file, scheduler, log } = await setup();
  const gateway = await startGateway(await calling("gateway-client"));
  const connect = (ca: Buffer) => {
    const millrace = connectMillrace({ address: String(gateway.address), apiKey, tls: { ca } });
    onTestFinished(() => millrace.close());
    return millrace;
  };
  const before = connect(authority.ca);
  const { jobId } = await before.submit({ ...job, queue: "idle" });
  const watching = Array.fromAsync(before.watch(jobId));

  const renewed = testAuthority();
  /** Replaces files, and waits until all services that read them have done so. */
  const replace = async (
    files: Readonly<Record<string, Buffer>>,
    readers: readonly (readonly [service: string, what: string])[],
  ) => {
    const from = log.items.length;
    for (const [name, content] of Object.entries(files)) await file(name, content);
    for (const [service, what] of readers) {
      const says = (line: string) =>
        line.startsWith(service) && line.includes(`${what}: the new content is in use `);
      await log.until(says, from);
    }
  };
  const listeners = "certificate of this service's listeners";
  const calls = "certificates for calls to the scheduler";
  const all = [
    ["scheduler", listeners],
    ["gateway", calls],
    ["worker", calls],
  ] as const;
  // Replaces an authority in the usual order: first all trust both, then all use new certificates, then all trust
  // only the new authority.
  const both = Buffer.concat([authority.ca, renewed.ca]);
  await replace({ "ca.pem": both }, all);
  const pairs = ["scheduler", "gateway", "gateway-client", "worker"].map((name) => {
    const { cert, key } = renewed.issue(name);
    return [
      [`${name}.pem`, cert],
      [`${name}-key.pem`, key],
    ] as const;
  });
  await replace(Object.fromEntries(pairs.flat()), [...all, ["gateway", listeners]]);
  await replace({ "ca.pem": renewed.ca }, all);

  // This opens new connections everywhere: the callers', the gateway's and the worker's.
  await scheduler.restart();
  const after = connect(renewed.ca);
  expect(await after.run(job)).toMatchObject({ state: "SUCCEEDED" });
  await after.cancel(jobId);
  expect((await watching).at(-1)).toMatchObject({ kind: "job", job: { state: "CANCELLED" } });
  expect(log.items.filter((line) => line.includes('"level":50'))).toEqual([]);
}, 120_000);

test("a gateway that trusts another authority, or has no certificate, cannot reach the scheduler", async () => {
  const { ca, strangersCa, startGateway, calling, apiKey } = await setup();
  for (const settings of [
    { ...(await calling("misled")), MILLRACE_SCHEDULER_CA_FILE: strangersCa },
    { MILLRACE_SCHEDULER_CA_FILE: ca },
  ]) {
    const gateway = await startGateway(settings);
    const { stdout } = await run("curl", [
      ...["-sS", "--cacert", ca, "-H", `Authorization: Bearer ${apiKey}`],
      `https://${gateway.http}/v1/jobs?queue=documents`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 503, reason: "SCHEDULER_UNAVAILABLE" });
  }
});

test("a service whose certificate cannot be read does not start, and says why", async () => {
  const settings = {
    MILLRACE_SCHEDULER_ADDRESS: "127.0.0.1:1",
    MILLRACE_DOCUMENTS_DIR: tmpdir(),
    MILLRACE_METRICS_PORT: "0",
    MILLRACE_TLS_CERT_FILE: "/nowhere/cert.pem",
    MILLRACE_TLS_KEY_FILE: "/nowhere/key.pem",
  };
  await expect(startService("gateway", { settings })).rejects.toThrow(
    /MILLRACE_TLS_CERT_FILE: cannot be read: .*MILLRACE_TLS_KEY_FILE: cannot be read/s,
  );
});

const pythonProgram = `
import os, threading
from millrace import Client, Tls, Worker

worker = Worker(queues=["idle"])
worker.executor("echo", lambda payload: payload)
thread = threading.Thread(target=worker.run)
thread.start()
tls = Tls.from_files(os.environ["MILLRACE_SCHEDULER_CA_FILE"])
with Client(tls=tls) as client:
    print(client.run("echo", {"a": 1}, queue="idle").result)
worker.drain(0)
thread.join()
`;

test.skipIf(python === undefined)(
  "the SDK for Python calls and works with mutual TLS (needs MILLRACE_PYTHON)",
  async () => {
    const { startGateway, calling, apiKey, scheduler } = await setup();
    const gateway = await startGateway(await calling("gateway-client"));
    const { stdout } = await run(python ?? "", ["-c", pythonProgram], {
      env: {
        ...(await calling("python-worker")),
        PYTHONPATH: join(import.meta.dirname, "../../sdk/python/src"),
        MILLRACE_SCHEDULER_ADDRESS: String(scheduler.addresses.workers),
        MILLRACE_ADDRESS: String(gateway.address),
        MILLRACE_API_KEY: apiKey,
      },
    });
    expect(stdout).toBe("{'a': 1}\n");
  },
);
