import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run as runAlone, setup } from "./setup.ts";

async function fileWith(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "millrace.yaml");
  await writeFile(path, text);
  return path;
}

test("config check needs no server and reports every problem with its place", async () => {
  const right = await fileWith("queues:\n  - name: mail\nprovider_accounts: []\n");
  expect(await runAlone(["config", "check", right])).toEqual({
    ...{
      code: 0,
      out: `${right} is valid: queues 1, API keys 0, provider accounts 0, models 0\n`,
      err: "",
    },
  });
  const json = JSON.parse((await runAlone(["config", "check", right, "--json"])).out);
  expect(json).toEqual({ file: right, queues: 1, apiKeys: 0, providerAccounts: 0, models: 0 });
  const wrong = await fileWith("queues:\n  - name: mail\n    shards: two\n    colour: red\n");
  const { code, out, err } = await runAlone(["config", "check", wrong]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err.split("\n").slice(0, 3)).toEqual([
    `millrace: ${wrong} is not valid:`,
    `  ${wrong}:3:13: queues[0].shards: must be a whole number from 0 to 4294967295`,
    expect.stringContaining(`${wrong}:4:5: queues[0]: there is no field "colour" here`),
  ]);
  expect(await runAlone(["config", "check", `${right}.bak`])).toMatchObject({
    ...{ code: 2, err: expect.stringContaining("cannot be read") },
  });
  expect((await runAlone(["config", "check", "-"], {}, "queues: []\n")).out).toContain(
    "- is valid",
  );
});

test("config apply shows the changes in a dry run, makes them, and then has nothing to change", async () => {
  const { run, queue, keyId } = await setup();
  const file = await fileWith(`\
queues:
  - name: ${queue}
    max_stalls: 9
api_keys:
  - key_id: "${keyId}"
    budget: { max_running: 4 }
`);
  const apply = (...more: string[]) => run(["config", "apply", file, ...more]);
  const rows = `UpdateApiKey  ${keyId}\nPutQueue      ${queue}\n`;
  expect((await apply("--dry-run")).out).toBe(`WOULD CHANGE  SUBJECT\n${rows}`);
  expect((await apply()).out).toBe(`CHANGED       SUBJECT\n${rows}`);
  expect((await apply()).out).toBe("Nothing to change: the server is as the file declares.\n");
  expect(JSON.parse((await apply("--json")).out)).toEqual({ changes: [], notes: [] });
  const shown = JSON.parse((await run(["keys", "update", keyId, "--weight", "2", "--json"])).out);
  expect(shown.budget).toEqual({ maxRunning: 4, weight: 2 });
});

test("a fault that the server finds is reported with its place in the file, and nothing is applied", async () => {
  const { run, queue } = await setup();
  const file = await fileWith(`\
queues:
  - name: ${queue}
    shards: 2
  - name: never
api_keys:
  - key_id: nobody
`);
  const { code, out, err } = await run(["config", "apply", file]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err.split("\n").slice(0, 3)).toEqual([
    `millrace: ${file} was not applied, and nothing was changed:`,
    expect.stringContaining(`${file}:6:5: api_keys[0].key_id: there is no API key nobody`),
    expect.stringContaining(`${file}:3:5: queues[0].shards: queue ${queue} has 1 shards`),
  ]);
  expect((await run(["queues", "list"])).out).not.toContain("never");
});

test("a key that was generated for a file is accepted once the file is applied", async () => {
  const { run, queue, env } = await setup();
  const generated = await runAlone(["keys", "generate", "shop"]);
  expect(generated).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^mr_\w+_[0-9a-f]{48}\n$/),
  });
  const [, secret = ""] = /_([0-9a-f]{48})\n/.exec(generated.out) ?? [];
  expect(generated.err).not.toContain(secret);
  const declaration = generated.err.split("\n").slice(1).join("\n");
  const file = await fileWith(`api_keys:\n${declaration}`);
  expect((await run(["config", "apply", file])).out).toContain("CreateApiKey");
  const as = { ...env, MILLRACE_API_KEY: generated.out.trim() };
  expect((await runAlone(["list", "--queue", queue], as)).code).toBe(0);
});
