/** Tests that secrets in files can be replaced at any time, without a restart and without a failed call. */
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JobState } from "@millrace/proto/job";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { answer, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { adminOf, callerAt, clientOf, startForTest } from "../faults/setup.ts";

async function secretFolder() {
  const folder = await mkdtemp(join(tmpdir(), "millrace-secrets-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return {
    at: (name: string) => join(folder, name),
    /** Replaces a secret at once, as Kubernetes does. */
    async write(name: string, content: string) {
      await writeFile(join(folder, `${name}.new`), content);
      await rename(join(folder, `${name}.new`), join(folder, name));
    },
  };
}

test("tokens and provider keys in files are rotated without a failed call", async () => {
  const files = await secretFolder();
  await files.write("internal", "internal-old\n");
  await files.write("worker", "worker-old\n");
  await files.write("provider", "sk-provider-old\n");
  const keys: string[] = [];
  const provider = await startProviderSimulator(({ authorization }) => {
    keys.push(authorization);
    return answer("Hello.");
  });
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const { system, log } = await startForTest({
    queues: [],
    apiKey: "none",
    workers: 0,
    gateways: 0,
    settings: {
      all: { MILLRACE_SECRETS_RELOAD_MS: "100" },
      scheduler: {
        MILLRACE_INTERNAL_TOKEN_FILE: files.at("internal"),
        MILLRACE_WORKER_TOKEN_FILE: files.at("worker"),
      },
      gateway: { MILLRACE_INTERNAL_TOKEN_FILE: files.at("internal") },
      worker: {
        MILLRACE_WORKER_TOKEN_FILE: files.at("worker"),
        MILLRACE_PROVIDER: "openai",
        OPENAI_BASE_URL: provider.url,
        OPENAI_API_KEY_FILE: files.at("provider"),
      },
    },
  });
  await system.putQueue({ name: "documents" });
  const apiKey = await system.createApiKey("caller");
  const gateway = await system.addGateway();
  await system.addWorker();
  const { jobs } = callerAt(gateway.addresses.address, apiKey);
  const value = JSON.stringify({ messages: [{ role: "user", content: "Hello." }] });
  const job = {
    queue: "documents",
    type: "chat",
    payload: { case: "payloadJson" as const, value },
  };
  const chat = async () => (await jobs.submitJob({ job, wait: { seconds: 30n } })).job?.state;
  expect(await chat()).toBe(JobState.SUCCEEDED);

  /** Replaces a file, and waits until each service that reads it has logged that. */
  const replace = async (name: string, content: string, readers: readonly string[]) => {
    const from = log.items.length;
    await files.write(name, content);
    for (const service of readers) {
      await log.until(
        (line) => line.service === service && /: the new content is in use/.test(line.msg),
        from,
      );
    }
  };
  // The scheduler accepts each token of a file. Gateways and workers send the first.
  await replace("internal", "internal-old,internal-new", ["scheduler"]);
  await replace("internal", "internal-new,internal-old", ["scheduler", "gateway"]);
  await replace("internal", "internal-new", ["scheduler"]);
  await replace("worker", "worker-old,worker-new", ["scheduler"]);
  await replace("worker", "worker-new,worker-old", ["scheduler", "worker"]);
  await replace("worker", "worker-new", ["scheduler"]);
  await replace("provider", "sk-provider-new", ["worker"]);
  expect(await chat()).toBe(JobState.SUCCEEDED);
  expect(keys).toEqual(["Bearer sk-provider-old", "Bearer sk-provider-new"]);

  const replaced = async () => {
    const { changes } = await adminOf(system).listChanges({});
    return changes.filter(({ action }) => action === "ReplaceWorkerTokens");
  };
  while ((await replaced()).length < 3) {}
  expect(JSON.stringify((await replaced()).map(({ detailJson }) => detailJson))).not.toMatch(
    /worker-(old|new)/,
  );

  const [scheduler] = system.schedulers;
  const asGateway = (token: string) =>
    clientOf(SchedulerService, scheduler?.addresses.address, token).rpc.getQueue({
      name: "documents",
    });
  await expect(asGateway("internal-old")).rejects.toMatchObject({ reason: "TOKEN_REJECTED" });
  await expect(asGateway("internal-new")).resolves.toBeDefined();
}, 120_000);
