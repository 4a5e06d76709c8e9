import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@millrace/runtime";
import { systemClock } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { answer, ManualClock, startProviderSimulator } from "@millrace/testing";
import { attemptModels } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { openWorkerModels, poolsOf } from "../src/models/worker-models.ts";
import { attempt, withModels } from "./setup.ts";

interface Setup {
  readonly env?: Readonly<Record<string, string>>;
  readonly pools?: readonly string[];
  /** The content of the file `secret`; undefined: there is no such file. */
  readonly secret?: string;
}

/** An accounts file as a worker keeps it. `URL` in it stands for a provider's address, and `SECRET` for a file with a secret. */
async function setup(text: string, { env = {}, pools = [], secret }: Setup = {}) {
  const simulator = await startProviderSimulator(() => answer("By", " water."));
  const folder = mkdtempSync(join(tmpdir(), "millrace-accounts-"));
  const [path, secretFile] = [join(folder, "accounts.yaml"), join(folder, "secret")];
  const clock = new ManualClock();
  const lines: Record<string, unknown>[] = [];
  const replaced: (readonly string[])[] = [];
  let reload: () => void = () => undefined;
  const deferred: (() => unknown)[] = [];
  onTestFinished(async () => {
    for (const close of deferred) close();
    rmSync(folder, { recursive: true });
    await simulator[Symbol.asyncDispose]();
  });
  const write = (content: string) =>
    writeFileSync(path, content.replaceAll("URL", simulator.url).replaceAll("SECRET", secretFile));
  const writeSecret = (content: string) => writeFileSync(secretFile, content);
  if (text !== "") write(text);
  if (secret !== undefined) writeSecret(secret);
  const config = {
    ...{ accountsFile: path, pools: [...pools], secretsReloadMs: 5_000 },
    ...{ token: undefined, tokenFile: undefined, openAiKey: undefined, openAiKeyFile: undefined },
    ...{
      provider: "extractive" as const,
      openAiUrl: "",
      model: "",
      providerSilenceMs: 1,
      providerCallMs: 1,
    },
    ...{ quirks: [], reasoningEffort: undefined, reasoningTokens: undefined },
    contextTokens: undefined,
  } as const;
  const open = () =>
    openWorkerModels({ defer: (close) => void deferred.push(close) }, config, {
      ...{ clock, env, quote: () => expect.unreachable() },
      log: createLogger("worker", {
        destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
      }),
      onReload: (listener) => {
        reload = listener;
      },
      onReplaced: (accounts) => void replaced.push(poolsOf(config, accounts)),
    });
  const wrong = (): readonly string[] => {
    try {
      open();
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map((one) => one.replace(folder, ""));
      throw error;
    }
    return [];
  };
  const { calls } = simulator;
  return { open, wrong, write, writeSecret, reload: () => reload(), clock, lines, replaced, calls };
}

const acme = `accounts:
  - { name: acme, kind: openai, base_url: "URL", model: m, secret_file: SECRET }
  - { name: free, kind: openai, base_url: "URL", model: f }
`;

/** Asks the model of a pool. */
async function chatWith(opened: ReturnType<typeof openWorkerModels>, pool: string) {
  const bind = attemptModels(opened.models, { clock: systemClock });
  const { context } = attempt({ messages: [{ role: "user", content: "How?" }] });
  return withModels(bind, chatExecutor)({ ...context, pool });
}

test("calls the account that is the pool of a job, and serves the pools of all accounts", async () => {
  const { open, calls } = await setup(acme, { secret: "sk-one\n", pools: ["gpu", "acme"] });
  const opened = open();
  expect(poolsOf({ pools: ["gpu", "acme"] }, opened.accounts)).toEqual(["gpu", "acme", "free"]);
  expect(opened.known).toEqual([
    { provider: "openai", model: "m", account: "acme" },
    { provider: "openai", model: "f", account: "free" },
  ]);
  await chatWith(opened, "acme");
  await chatWith(opened, "free");
  expect(calls.map(({ authorization, model }) => [authorization, model])).toEqual([
    ["Bearer sk-one", "m"],
    ["", "f"],
  ]);
  await expect(chatWith(opened, "gpu")).rejects.toMatchObject({
    ...{ reason: "ACCOUNT_NOT_SERVED", retryable: true, provider: undefined },
  });
});

test("reads secrets again regularly, and keeps the last one while its file is not usable", async () => {
  const { open, writeSecret, clock, calls, lines } = await setup(acme, { secret: "sk-one" });
  const opened = open();
  writeSecret("");
  clock.advance(5_000);
  await chatWith(opened, "acme");
  writeSecret("sk-two");
  clock.advance(5_000);
  await chatWith(opened, "acme");
  expect(calls.map(({ authorization }) => authorization)).toEqual([
    "Bearer sk-one",
    "Bearer sk-two",
  ]);
  expect(lines.map(({ level }) => level)).toEqual(["warn", "info"]);
});

test("replaces the accounts on a reload, with their pools and secrets", async () => {
  const { open, write, reload, replaced, calls, clock } = await setup(acme, {
    ...{ secret: "sk-one", env: { OTHER_KEY: "sk-other" }, pools: ["gpu"] },
  });
  const opened = open();
  write(
    `accounts: [{ name: other, kind: openai, base_url: "URL", model: o, secret_env: OTHER_KEY }]`,
  );
  reload();
  expect(replaced).toEqual([["gpu", "other"]]);
  // Reading secrets again must not bring the former accounts back.
  clock.advance(5_000);
  await chatWith(opened, "other");
  expect(calls.map(({ authorization }) => authorization)).toEqual(["Bearer sk-other"]);
  await expect(chatWith(opened, "acme")).rejects.toMatchObject({ reason: "ACCOUNT_NOT_SERVED" });
});

test.each([
  ["is no YAML", "accounts: [", /accounts\.yaml:1:12: /],
  [
    "has two accounts of one name",
    `${acme}  - { name: free, kind: extractive }\n`,
    /another account/,
  ],
  [
    "has an account of an unknown kind",
    "accounts: [{ name: a, kind: b }]",
    /must be one of openai/,
  ],
  [
    "names a secret that is not there",
    "accounts: [{ name: a, kind: openai, secret_env: NOT_SET }]",
    /account a: secret_env: the variable NOT_SET is not set/,
  ],
])("keeps the former accounts, and warns, if the file %s on a reload", async (_, text, problem) => {
  const { open, write, reload, replaced, lines, calls } = await setup(acme, { secret: "sk-one" });
  const opened = open();
  write(text);
  reload();
  expect(replaced).toEqual([]);
  expect(lines).toMatchObject([
    {
      level: "warn",
      problems: [expect.stringMatching(problem)],
      msg: expect.stringContaining("the former accounts stay in use"),
    },
  ]);
  await chatWith(opened, "acme");
  expect(calls).toHaveLength(1);
});

test("names every secret that is not there at the start", async () => {
  const text = `accounts:
  - { name: a, kind: openai, secret_env: NOT_SET }
  - { name: b, kind: anthropic, secret_env: EMPTY }
  - { name: c, kind: anthropic, secret_file: SECRET }
`;
  const { wrong } = await setup(text, { env: { EMPTY: "" } });
  const at = "MILLRACE_ACCOUNTS_FILE: account";
  expect(wrong()).toEqual([
    `${at} a: secret_env: the variable NOT_SET is not set`,
    `${at} b: secret_env: the variable EMPTY is not set`,
    expect.stringContaining(`${at} c: secret_file: cannot be read: ENOENT`),
  ]);
});

test.each([
  ["that does not exist", "", {}, "MILLRACE_ACCOUNTS_FILE: cannot be read: ENOENT"],
  [
    "that is wrong",
    "accounts: 7",
    {},
    "MILLRACE_ACCOUNTS_FILE: /accounts.yaml:1:11: accounts: must be a list",
  ],
  [
    "with more pools than a worker may serve",
    "accounts: [{ name: a, kind: extractive }]",
    { pools: Array.from({ length: 64 }, (_, i) => `p${i}`) },
    "MILLRACE_POOLS: it names 65 pools together with MILLRACE_ACCOUNTS_FILE, and a worker may serve 64",
  ],
])("refuses a file %s at the start", async (_, text, change, problem) => {
  const { wrong } = await setup(text, change);
  expect(wrong()).toEqual([expect.stringContaining(problem)]);
});
