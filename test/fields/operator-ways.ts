/** Proves what operators declare, who changed what, and what an audit finds. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromJson, fromJsonString, type JsonObject, toJson } from "@bufbuild/protobuf";
import {
  ApplyConfigurationRequestSchema,
  ApplyConfigurationResponseSchema,
  AuditResponseSchema,
  ChangeSchema,
  type Configuration,
  ConfigurationSchema,
  DeclaredScheduleSchema,
  ListChangesResponseSchema,
} from "@millrace/proto/admin-service";
import { ScheduleSpecSchema } from "@millrace/proto/schedule";
import { GetTimeResponseSchema } from "@millrace/proto/scheduler-service";
import { systemClock as clock, type KeyId, type QueueName, scheduleIdOf } from "@millrace/shared";
import { redisCommand } from "@millrace/testing";
import { expect, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { anyText, lately, someList } from "./expected-job.ts";
import { filled } from "./fill.ts";
import { Wanted } from "./ledger.ts";
import { newSpec } from "./schedule-ways.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

let declared = 0;

/** A configuration with two queues, two keys to create, and two accounts. */
function declaration(): { readonly configuration: Configuration; readonly secret: Buffer } {
  declared += 1;
  const secret = createHash("sha256").update(`secret ${declared}`).digest();
  const configuration: Configuration = filled(ConfigurationSchema, {
    skip: ["schedules", "webhook_endpoints.secret_file"],
    set: {
      "api_keys.secret_sha256": secret.toString("hex"),
      "queues.shards": 2,
      "queues.max_priority": 5,
      "api_keys.budget.max_priority": 6,
      // Their schedules need room.
      "api_keys.budget.max_stored_bytes": 50_000_000n,
      "webhook_endpoints.url": `https://example.com/declared/${declared}`,
      "webhook_endpoints.event_types": ["job.failed", "group.*"],
      "webhook_endpoints.queues": ["documents", "mail"],
    },
  });
  // Each of the new keys gets an endpoint.
  for (const [index, endpoint] of configuration.webhookEndpoints.entries()) {
    endpoint.keyId = String(configuration.apiKeys[index]?.keyId);
  }
  const [queue] = configuration.queues;
  const [key] = configuration.apiKeys;
  const choice = {
    ...{ queue: String(queue?.name), type: String(queue?.types[0]), pool: "acme/model-1" },
    documentIds: ["doc_01JDXW5T5Q6M3C9N2V8K4H7R1B"],
  };
  for (const timing of ["cron", "interval"] as const) {
    const declared = { keyId: String(key?.keyId), spec: newSpec(choice, timing) };
    configuration.schedules.push(create(DeclaredScheduleSchema, declared));
  }
  return { configuration, secret };
}

/** Reads the current state of everything that a configuration names. */
async function present(
  { admin, scheduler, engine }: World,
  { queues, apiKeys, providerAccounts, models, schedules, webhookEndpoints }: Configuration,
  secret: Buffer,
): Promise<Configuration> {
  const all = (await admin.listQueues({})).queues.map(({ queue }) => queue);
  const keys = (await admin.listApiKeys({ pageSize: 1_000 })).apiKeys;
  const accounts = (await admin.listProviderAccounts({})).accounts.map(({ account }) => account);
  const catalogue = (await admin.listModels({})).models.map(({ model }) => model);
  const secretSha256 = secret.toString("hex");
  const opens = (keyId: string) =>
    scheduler.authenticate({ keyId, secretSha256: secret }).then(
      () => true,
      () => false,
    );
  return create(ConfigurationSchema, {
    queues: queues.flatMap(({ name }) => all.find((one) => one?.name === name) ?? []),
    apiKeys: await Promise.all(
      apiKeys.map(async ({ keyId }) => {
        const { name, budget } = keys.find((one) => one.keyId === keyId) ?? {};
        const known = { keyId, ...(name && { name }), ...(budget && { budget }) };
        return (await opens(keyId)) ? { ...known, secretSha256 } : known;
      }),
    ),
    schedules: (
      await engine.getSchedules(
        schedules.map(({ keyId, spec }) =>
          scheduleIdOf(spec?.job?.queue as QueueName, keyId as KeyId, String(spec?.name)),
        ),
      )
    ).flatMap((stored, index) =>
      stored === undefined
        ? []
        : {
            keyId: String(schedules[index]?.keyId),
            spec: fromJsonString(ScheduleSpecSchema, stored.details),
          },
    ),
    webhookEndpoints: (await Promise.all(
      webhookEndpoints.map(async ({ keyId }) => {
        const [stored] = await engine.webhookEndpoints.list(keyId as KeyId);
        const { name, url, eventTypes = [], queues = [], includeResult, enabled } = stored ?? {};
        if (enabled === undefined) return { keyId };
        const lists = { eventTypes: [...eventTypes], queues: [...queues] };
        return { keyId, name, url, includeResult, enabled, ...lists };
      }),
    )) as Configuration["webhookEndpoints"],
    models: models.flatMap(({ name }) => catalogue.find((one) => one?.name === name) ?? []),
    providerAccounts: providerAccounts.flatMap(
      ({ name }) => accounts.find((one) => one?.name === name) ?? [],
    ),
  });
}

export async function proveConfiguration(world: World): Promise<void> {
  const { ledger, admin } = world;
  const { configuration, secret } = declaration();
  await admin.applyConfiguration({ configuration, dryRun: true });
  expect((await present(world, configuration, secret)).queues).toEqual([]);
  const answer = await admin.applyConfiguration({ configuration });
  const change = (action: string, subject: string | undefined) => ({ action, subject });
  const [firstAccount, secondAccount] = configuration.providerAccounts;
  const [firstKey, secondKey] = configuration.apiKeys;
  const [firstQueue, secondQueue] = configuration.queues;
  ledger.compare("ApplyConfiguration response", ApplyConfigurationResponseSchema, answer, {
    changes: [
      change("PutProviderAccount", firstAccount?.name),
      change("PutProviderAccount", secondAccount?.name),
      ...configuration.models.map(({ name }) => change("PutModel", name)),
      change("CreateApiKey", firstKey?.keyId),
      change("CreateApiKey", secondKey?.keyId),
      change("PutQueue", firstQueue?.name),
      change("PutQueue", secondQueue?.name),
      ...configuration.schedules.map(({ keyId, spec }) =>
        change("PutSchedule", `${firstQueue?.name}~${keyId}~${spec?.name}`),
      ),
      ...configuration.webhookEndpoints.map(({ keyId, name }) =>
        change("CreateWebhookEndpoint", `${keyId}/${name}`),
      ),
    ],
    // Each new endpoint has a note about its secret.
    notes: someList,
  });
  const found = await present(world, configuration, secret);
  const request = create(ApplyConfigurationRequestSchema, { configuration: found });
  ledger.compare("ApplyConfiguration request", ApplyConfigurationRequestSchema, request, {
    configuration: configuration as never,
  });
  ledger.prove("ApplyConfiguration request", "dry_run");
  for (const key of configuration.apiKeys) key.secretSha256 = "0".repeat(64);
  const { notes } = await admin.applyConfiguration({ configuration });
  // The others say that no connected worker serves the accounts of the models.
  expect(notes.filter((note) => note.startsWith("API key"))).toHaveLength(2);
  ledger.prove("ApplyConfiguration response", "notes");

  const inFile = declaration();
  await applyFile(world, inFile.configuration);
  const applied = await present(world, inFile.configuration, inFile.secret);
  const expected = inFile.configuration as never;
  ledger.compare("configuration file", ConfigurationSchema, applied, expected);
}

/** Applies the configuration as a file of an operator, with the contract's names and with numbers as numbers. */
async function applyFile(world: World, configuration: Configuration): Promise<void> {
  const json = toJson(ConfigurationSchema, configuration, { useProtoFieldName: true });
  const plain = JSON.parse(JSON.stringify(json), (name, value: unknown) =>
    name === "overlap"
      ? String(value).replace("OVERLAP_POLICY_", "").toLowerCase()
      : typeof value === "string" && /^\d{1,15}$/.test(value)
        ? Number(value)
        : value,
  ) as JsonObject;
  const folder = await mkdtemp(join(tmpdir(), "millrace-fields-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "millrace.yaml");
  await writeFile(file, stringify(plain));
  await Array.fromAsync(world.cliLines("config", "apply", file));
}

/** Proves the change log. The latest change is first in the list. */
export async function proveChanges(world: World, queue: string): Promise<void> {
  const { ledger, admin } = world;
  await admin.resumeQueue({ name: queue });
  await admin.pauseQueue({ name: queue });
  const paused = {
    ...{ time: lately, actor: "anonymous", action: "PauseQueue", subject: queue },
    detailJson: JSON.stringify({ name: queue }),
  };
  const page = await admin.listChanges({ pageSize: 1 });
  ledger.compare("ListChanges response", ListChangesResponseSchema, page, {
    changes: [paused],
    nextPageToken: anyText,
  });
  const next = await admin.listChanges({ pageSize: 1, pageToken: page.nextPageToken });
  expect(next.changes).toMatchObject([{ action: "ResumeQueue" }]);
  ledger.prove("ListChanges request", "page_size", "page_token");
  const [line] = await Array.fromAsync(world.cliLines("changes", "--limit", "1"));
  const change = fromJson(ChangeSchema, line as JsonObject);
  ledger.compare("millrace changes", ChangeSchema, change, paused);

  const time = await world.scheduler.getTime({});
  ledger.compare("GetTime response", GetTimeResponseSchema, time, { time: lately });
}

/**
 * Proves audits with one fault that a repair can fix, and one that it cannot: a job in two places, of which
 * nobody can say which is right.
 */
export async function proveAudit(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, admin, system } = world;
  const spec = filledSpec({ ...choice, skip: ["deduplication"] });
  const jobId = String((await world.jobs.submitJob({ job: spec })).job?.id);
  const damage = `
    local places = redis.call("KEYS", "*{" .. ARGV[1] .. ":*delayed")
    local base = string.sub(places[1], 1, -8)
    redis.call("ZADD", base .. "failed", ARGV[3], ARGV[2])
    redis.call("HINCRBY", base .. "mr:depth", "*", 5)`;
  // The job must look as if it had just failed. Otherwise it would be removed, because its retention would be
  // over.
  const now = String(clock.nowMs());
  await redisCommand(system.redis.port, "EVAL", damage, "0", choice.queue, jobId, now);
  const unrepaired = (await Array.fromAsync(admin.audit({}))).at(-1);
  expect(unrepaired?.findings.map(({ subject }) => subject).sort()).toEqual(["*", jobId]);
  expect(unrepaired?.repairs).toEqual([]);
  const request = { repair: true };
  const answer = (await Array.fromAsync(admin.audit(request))).at(-1);
  const inTwoPlaces = { invariant: 1, subject: jobId, problem: anyText };
  const miscounted = { invariant: anyNumber, subject: "*", problem: anyText };
  const findings = answer?.findings.map(({ subject }) =>
    subject === jobId ? inTwoPlaces : miscounted,
  );
  ledger.compare("Audit response", AuditResponseSchema, answer, {
    ...{ shards: anyNumber, shardsDone: anyNumber, jobs: anyNumber, done: true, findings },
    repairs: [{ subject: "*", done: anyText }],
    left: [inTwoPlaces],
  });
  expect(answer?.shardsDone).toBe(answer?.shards);
  ledger.prove("Audit request", "repair");
  await world.jobs.cancelJob({ jobId });
}

const anyNumber = new Wanted("a number", (value) => Number(value) > 0);
