import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { OPERATOR_KEY } from "@millrace/engine";
import {
  ConfigurationSchema,
  type DeclaredWebhookEndpointSchema,
} from "@millrace/proto/admin-service";
import { hashSecret, newWebhookSecret, systemRandom as random } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import { configurationCalls } from "../src/admin-service.ts";
import { configurationApplier } from "../src/configuration/apply-configuration.ts";
import { changeRecorder } from "../src/operators/record-change.ts";
import { configFile } from "../src/tokens/operator-tokens.ts";
import { setup as setupAdmin } from "./admin-setup.ts";
import { noWorkers } from "./no-workers.ts";
import { someWebhooks } from "./webhook-setup.ts";

type Declared = MessageInitShape<typeof DeclaredWebhookEndpointSchema>;
const url = "https://example.com/hook";
const key = { keyId: "shop", name: "shop", secretSha256: hashSecret("x").toString("hex") };

async function setup() {
  const parts = await setupAdmin();
  const { rpc, engine, clock } = parts;
  const apply = async (...webhookEndpoints: Declared[]) => {
    const configuration = { apiKeys: [key], webhookEndpoints };
    const { changes, notes } = await rpc.applyConfiguration({ configuration });
    const made = changes.map(({ action, subject }) => `${action} ${subject}`);
    return { made: made.filter((one) => !one.includes("ApiKey")), notes };
  };
  /** Applies as the scheduler's own file. */
  const record = changeRecorder(engine.changeLog);
  const calls = configurationCalls(engine, record, someWebhooks(engine, clock), noWorkers);
  const applyFile = (...webhookEndpoints: Declared[]) =>
    configurationApplier(engine, calls)(
      create(ConfigurationSchema, { apiKeys: [key], webhookEndpoints }),
      configFile,
    );
  const stored = () => engine.webhookEndpoints.list("shop" as never);
  const secretFile = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-secret-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "secret"), text);
    return join(folder, "secret");
  };
  return { ...parts, apply, applyFile, stored, secretFile };
}

test("creates a declared endpoint once, and changes what differs", async () => {
  const { apply, stored, rpc } = await setup();
  const declared = { keyId: "shop", name: "ends", url, eventTypes: ["job.failed"] };
  const first = await apply(declared);
  expect(first.made).toEqual(["CreateWebhookEndpoint shop/ends"]);
  expect(first.notes).toMatchObject([expect.stringContaining("millrace webhooks rotate")]);
  expect(await stored()).toMatchObject([
    { name: "ends", url, eventTypes: ["job.failed"], enabled: true, includeResult: false },
  ]);
  expect(await apply(declared)).toEqual({ made: [], notes: [] });
  expect((await apply({ ...declared, includeResult: true, enabled: false })).made).toEqual([
    "UpdateWebhookEndpoint shop/ends",
  ]);
  expect(await stored()).toMatchObject([{ includeResult: true, enabled: false }]);
  // What the declaration leaves out stays: here, that the endpoint is disabled.
  expect((await apply({ ...declared, includeResult: true })).made).toEqual([]);
  const { changes } = await rpc.listChanges({});
  expect(changes.map(({ action, subject }) => [action, subject])).toContainEqual([
    ...["UpdateWebhookEndpoint", "shop/ends"],
  ]);
});

test("takes the secret of a new endpoint from a file, and keeps the secret of another one", async () => {
  const { applyFile, stored, secretFile } = await setup();
  const secret = newWebhookSecret(random);
  const declared = { keyId: "shop", name: "ends", url, secretFile: secretFile(`${secret}\n`) };
  expect(await applyFile(declared)).toMatchObject({ kind: "applied", notes: [] });
  expect((await stored())[0]?.secrets).toMatchObject([{ sealed: `sealed ${secret}` }]);
  const other = { ...declared, secretFile: secretFile(newWebhookSecret(random)) };
  expect(await applyFile(other)).toMatchObject({ kind: "applied", changes: [] });
  const wrong = { ...declared, name: "other", secretFile: secretFile("hunter2") };
  const refused = await applyFile(wrong).catch((error: Error) => error);
  expect(refused).toMatchObject({ message: expect.stringMatching(/^secret: must be "whsec_"/) });
  expect(String(refused)).not.toContain("hunter2");
});

test.each<[what: string, declared: object, field: string, words: RegExp]>([
  ["an API key that does not exist", { keyId: "none" }, "key_id", /no API key none/],
  ["a refused URL", { url: "https://10.0.0.1/" }, "url", /MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS/],
  ["an unknown type of events", { eventTypes: ["job.*", "x"] }, "event_types[1]", /job\.expired/],
  [
    "a file that an operator names",
    { secretFile: "/etc/passwd" },
    "secret_file",
    /own|of a scheduler/,
  ],
])("refuses %s, and applies nothing", async (_, change, field, words) => {
  const { apply, stored } = await setup();
  const good = { keyId: "shop", name: "good", url };
  const wrong = { keyId: "shop", name: "wrong", url, ...change };
  await expect(apply(good, wrong)).rejects.toMatchObject({
    violations: [
      {
        field: `configuration.webhook_endpoints[1].${field}`,
        description: expect.stringMatching(words),
      },
    ],
  });
  expect(await stored()).toEqual([]);
});

test("refuses more endpoints than an API key may have, and a name that is declared twice", async () => {
  const { apply } = await setup();
  const named = (name: string) => ({ keyId: "shop", name, url });
  await apply(named("a"));
  await expect(apply(named("a"), named("b"), named("c"))).rejects.toMatchObject({
    violations: [
      {
        field: "configuration.webhook_endpoints[2].key_id",
        description: expect.stringContaining("MILLRACE_WEBHOOK_ENDPOINTS_PER_KEY"),
      },
    ],
  });
  await expect(apply(named("a"), named("a"))).rejects.toMatchObject({
    violations: [{ field: "configuration.webhook_endpoints[1].name" }],
  });
  expect((await apply(named("a"), named("b"))).made).toEqual(["CreateWebhookEndpoint shop/b"]);
});

test("operators' endpoints are declared under their reserved key, with queues and their own types of events", async () => {
  const { apply, rpc, engine } = await setup();
  const declared = { keyId: "operator", name: "pager", url, queues: ["documents"] };
  const first = await apply(declared);
  expect(first.made).toEqual(["CreateWebhookEndpoint operator/pager"]);
  expect(first.notes).toMatchObject([expect.stringContaining("operator-webhooks rotate")]);
  expect(await apply(declared)).toEqual({ made: [], notes: [] });
  const change = { ...declared, queues: ["mail", "documents"] };
  expect((await apply(change)).made).toEqual(["UpdateWebhookEndpoint operator/pager"]);
  expect(await engine.webhookEndpoints.list(OPERATOR_KEY)).toMatchObject([
    { name: "pager", queues: ["mail", "documents"] },
  ]);
  await expect(apply({ ...declared, eventTypes: ["job.failed"] })).rejects.toMatchObject({
    violations: [{ description: expect.stringContaining("job.dead_lettered") }],
  });
  await expect(
    apply({ ...declared, keyId: "shop", eventTypes: ["job.dead_lettered"] }),
  ).rejects.toMatchObject({ violations: [{ description: expect.stringContaining("job.failed") }] });
  const apiKeys = [{ ...key, keyId: "operator" }];
  await expect(rpc.applyConfiguration({ configuration: { apiKeys } })).rejects.toMatchObject({
    violations: [
      {
        field: "configuration.api_keys[0].key_id",
        description: expect.stringContaining("reserved"),
      },
    ],
  });
});
