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

const run = promisify(execFile);

/** One of each service, with certificates on both sides of every link. */
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
  const start = async (name: ServiceName, settings: Record<string, string>) => {
    const service = await startService(name, {
      settings: { MILLRACE_METRICS_PORT: "0", MILLRACE_DOCUMENTS_DIR: folder, ...settings },
    });
    onTestFinished(() => service[Symbol.asyncDispose]());
    return service.addresses;
  };
  const scheduler = await start("scheduler", {
    ...(await listening("scheduler")),
    MILLRACE_TLS_CLIENT_CA_FILE: ca,
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_SCHEDULER_PORT: String(await freePort()),
    MILLRACE_WORKER_PORT: String(await freePort()),
    MILLRACE_ADMIN_PORT: String(await freePort()),
  });
  const startGateway = async (settings: Record<string, string>) =>
    start("gateway", {
      ...(await listening("gateway")),
      MILLRACE_SCHEDULER_ADDRESS: String(scheduler.address),
      MILLRACE_GATEWAY_PORT: String(await freePort()),
      MILLRACE_HTTP_PORT: "0",
      ...settings,
    });
  await start("worker", {
    ...(await calling("worker")),
    MILLRACE_SCHEDULER_ADDRESS: String(scheduler.workers),
  });
  const admin = grpcClient(AdminService, String(scheduler.admin), {
    credentials: credentials.createSsl(authority.ca),
  });
  onTestFinished(() => admin.close());
  await admin.rpc.putQueue({ queue: { name: "documents" } });
  const { key: apiKey } = await admin.rpc.createApiKey({ name: "tls" });
  return { authority, ca, strangersCa, startGateway, calling, apiKey };
}

const job = {
  queue: "documents",
  type: "chat",
  payload: { messages: [{ role: "user", content: "The whale swam. The sea was calm." }] },
};

test("a job goes through services that show each other certificates", async () => {
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

test("a gateway that trusts another authority, or shows no certificate, does not reach the scheduler", async () => {
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
