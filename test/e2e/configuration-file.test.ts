import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { connectAdmin } from "@millrace/client/admin";
import { startRedis, startService, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { formatApiKey, hashSecret, type KeyId, systemClock, systemRandom } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";

async function fileWith(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "millrace-config-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "millrace.yaml");
  await writeFile(path, text);
  return path;
}

/** Collects the lines of a log. `next` resolves with the next line whose message is `msg`. */
function logBook() {
  const waiting = new Set<(line: Record<string, unknown>) => void>();
  return {
    log: (text: string) => {
      const line = JSON.parse(text) as Record<string, unknown>;
      for (const look of waiting) look(line);
    },
    next: (msg: string) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const look = (line: Record<string, unknown>) => {
          if (!String(line.msg).startsWith(msg)) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
      }),
  };
}

const secret = "s".repeat(48);
const keyId = "k7f3q2m9ab";
const declared = (maxRunning: number) => `\
queues:
  - name: mail
api_keys:
  - key_id: ${keyId}
    name: shop
    secret_sha256: ${hashSecret(secret).toString("hex")}
    budget: { max_running: ${maxRunning} }
`;

async function setup(text: string, schedulers = 1) {
  const path = await fileWith(text);
  const { log, next } = logBook();
  const system = await startSystem({
    ...{
      schedulers,
      workers: 0,
      queues: [],
      settings: { scheduler: { MILLRACE_CONFIG_FILE: path } },
    },
    log: (line, service) => service === "scheduler" && log(line),
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const [scheduler] = system.schedulers;
  const admin = connectAdmin({ address: String(scheduler?.addresses.admin) });
  onTestFinished(() => admin.close());
  /** Writes the file and makes the scheduler reload it. Resolves with the scheduler's log line. */
  const reload = async (newText: string, says: string) => {
    await writeFile(path, newText);
    const logged = next(says);
    process.kill(scheduler?.pid ?? 0, "SIGHUP");
    return logged;
  };
  /** Reads from the scheduler's metrics whether the last reload failed. */
  const reloadFailed = async () => {
    const page = await fetch(`http://${scheduler?.addresses.metrics}/metrics`);
    return /^millrace_configuration_reload_failed (\d)$/m.exec(await page.text())?.[1];
  };
  return { system, admin, reload, reloadFailed, path };
}

const APPLIED = "applied the configuration file";
const REFUSED = "could not apply the configuration file";

test("the file is applied before the first call, and a valid change applies from the next lease on", async () => {
  const { system, reload } = await setup(declared(1));
  const apiKey = formatApiKey({ keyId: keyId as KeyId, secret });
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  onTestFinished(() => millrace.close());
  let running = 0;
  const gate = Promise.withResolvers<void>();
  const started = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const worker = startWorker({
    address: system.workerTarget,
    ...{ workerId: "w", queues: ["mail"], slots: 8, clock: systemClock, random: systemRandom },
    executors: {
      test: async () => {
        started[running]?.resolve();
        running += 1;
        await gate.promise;
        return {};
      },
    },
  });
  onTestFinished(() => worker.drain(0));
  const jobs = await millrace.submitMany([1, 2, 3].map(() => ({ queue: "mail", type: "test" })));
  await started[0]?.promise;
  expect(running).toBe(1);
  const { changes } = await reload(declared(2), APPLIED);
  expect(changes).toEqual([{ action: "UpdateApiKey", subject: keyId }]);
  await started[1]?.promise;
  expect(running).toBe(2);
  gate.resolve();
  for (const job of jobs) {
    if (job.kind === "failed") throw job.error;
    expect((await millrace.wait(job.jobId)).state).toBe("SUCCEEDED");
  }
});

test("a reload of an invalid file changes nothing, and logs every problem with its line", async () => {
  const { admin, reload, reloadFailed, path } = await setup(declared(1));
  const before = await admin.call(AdminService.method.listApiKeys, {});
  expect(await reloadFailed()).toBe("0");
  const broken = declared(2).replace("name: mail", "name: mail\n    shards: many\n    kind: fast");
  const { problems } = await reload(broken, REFUSED);
  expect(problems).toEqual([
    `${path}:3:13: queues[0].shards: must be a whole number from 0 to 4294967295`,
    expect.stringContaining(`${path}:4:5: queues[0]: there is no field "kind" here`),
  ]);
  const impossible = declared(2).replace("name: mail", "name: mail\n    shards: 2");
  expect((await reload(impossible, REFUSED)).problems).toEqual([
    expect.stringContaining(`${path}:3:5: queues[0].shards: queue mail has 1 shards`),
  ]);
  expect(await admin.call(AdminService.method.listApiKeys, {})).toEqual(before);
  expect(await reloadFailed()).toBe("1");
  expect((await reload(declared(3), APPLIED)).changes).toHaveLength(1);
  expect(await reloadFailed()).toBe("0");
  const { changes } = await admin.call(AdminService.method.listChanges, {});
  expect(changes[0]).toMatchObject({ actor: "config", action: "UpdateApiKey", subject: keyId });
});

test("several schedulers can start with the same file", async () => {
  const { admin } = await setup(declared(1), 3);
  const { apiKeys } = await admin.call(AdminService.method.listApiKeys, {});
  expect(apiKeys.filter((key) => key.keyId === keyId)).toMatchObject([
    { budget: { maxRunning: 1 } },
  ]);
  const { queues } = await admin.call(AdminService.method.listQueues, {});
  // The scheduler makes the queue of webhooks by itself.
  expect(queues.map(({ queue }) => queue?.name)).toEqual(["mail", "millrace-webhooks"]);
});

test.each([
  ["broken", "queues:\n  - name: Mail\n", "millrace.yaml:2:5: queues[0].name"],
  ["missing", undefined, "no such file"],
])("a scheduler does not start with a file that is %s, and says why", async (_, text, message) => {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const path = text === undefined ? "/nowhere/millrace.yaml" : await fileWith(text);
  await expect(
    startService("scheduler", {
      settings: {
        ...{ MILLRACE_REDIS_URL: redis.url, MILLRACE_CONFIG_FILE: path },
        ...{ MILLRACE_SCHEDULER_PORT: "0", MILLRACE_WORKER_PORT: "0", MILLRACE_ADMIN_PORT: "0" },
        MILLRACE_ADMIN_HTTP_PORT: "0",
        MILLRACE_METRICS_PORT: "0",
      },
    }),
  ).rejects.toThrow(message);
});
