import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@millrace/local";
import { systemClock } from "@millrace/shared";
import type { Command } from "commander";
import { expect, onTestFinished, test } from "vitest";
import { millraceProgram } from "../src/program.ts";
import { run, setup } from "./setup.ts";

/** Returns the words of every command, including the commands that only group others. */
function commandsBelow(command: Command, words: readonly string[] = []): string[][] {
  return [
    [...words],
    ...command.commands.flatMap((one) => commandsBelow(one, [...words, one.name()])),
  ];
}
const nowhere = { write: () => undefined };
const program = millraceProgram({
  ...{ env: {}, out: nowhere, err: nowhere, clock: systemClock },
  interrupted: new AbortController().signal,
});

test.each(commandsBelow(program).map((words) => [words.join(" "), words] as const))(
  "millrace %s --help describes the command, has an example, and exits with 0",
  async (_, words) => {
    const { code, out, err } = await run([...words, "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`Usage: ${["millrace", ...words].join(" ")}`);
    const group = out.includes("Commands:");
    expect(out).toMatch(group ? /Commands:/ : /Examples:\n {2}\$ /);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  },
);

test.each([
  [["nonsense"], "unknown command 'nonsense'"],
  [["keys"], "Usage: millrace keys"],
  [["get"], "missing required argument 'job-id'"],
  [["get", "a", "b"], "too many arguments"],
  [["get", "a", "--colour"], "unknown option '--colour'"],
  [["submit", "test", "{"], "It must be a JSON object"],
  [["submit", "test", "[1]"], "It must be a JSON object, such as"],
  [["submit", "test", "@nowhere.json"], "nowhere.json cannot be read"],
  [["submit", "test", "--priority", "high"], "It must be a whole number"],
  [["submit", "test", "--run-at", "tomorrow"], "It must be a time with its zone"],
  [["submit", "test", "--run-at", "2027-02-30"], "It must be a time with its zone"],
  [["submit", "test", "--max-backoff", "5"], "It must be a duration"],
  [["submit", "test", "--label", "acme"], "It must be NAME=VALUE"],
  [["submit", "test", "--wait", "--watch"], "cannot be used with option"],
  [
    ["submit", "test", "--throttle", "5m"],
    "--dedup-key must be given together with --throttle or --debounce",
  ],
  [["list", "--state", "asleep"], '"asleep" is not a state'],
  [["keys", "create", "a", "--max-running", "-1"], "It must be a whole number"],
  [["keys", "create", "a", "--max-running", "5000000000"], "from 1 to 1000000"],
  [["submit", "test", "--priority", "101"], "It must be a whole number from 1 to 100"],
  [["queues", "put", "a", "--shards", "65"], "It must be a whole number from 0 to 64"],
  [["keys", "create", "a", "--weight", "NaN"], "It must be a number"],
  [["keys", "create", "a", "--tokens-per-day", "1e9"], '"none" removes the limit'],
  [["queues", "put", "a", "--band-weights", "4:1"], "It must be three whole numbers"],
])("%j is wrong usage, and the message says why", async (args, message) => {
  const { code, out, err } = await run(args, { MILLRACE_API_KEY: "mr_abcd_x" });
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(message);
});

test("the address is named when the gateway or the scheduler cannot be reached", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const env = { MILLRACE_ADDRESS: address, MILLRACE_API_KEY: "mr_abcd_x" };
  const submitted = await run(["submit", "test"], env);
  expect(submitted).toMatchObject({ code: 3, out: "" });
  expect(submitted.err).toContain(
    `Cannot reach the gateway at ${address}. Check that it runs there`,
  );
  const listed = await run(["queues", "list"], { MILLRACE_ADMIN_ADDRESS: address });
  expect(listed).toMatchObject({ code: 3, out: "" });
  expect(listed.err).toContain("set its address with MILLRACE_ADMIN_ADDRESS or --admin-address");
  const got = await run(
    ["get", "documents~abcd~01JDXW5T5Q6M3C9N2V8K4H7R1B", "--timeout", "300ms"],
    env,
  );
  expect(got.code).toBe(3);
});

test("a missing or wrong key or token is reported, but its value is never shown", async () => {
  const { env, system } = await setup();
  const { MILLRACE_API_KEY: _, ...without } = env;
  const missing = await run(["list"], { ...without, MILLRACE_API_KEY: "" });
  expect(missing).toMatchObject({ code: 4, out: "" });
  expect(missing.err).toContain("There is no API key. Set MILLRACE_API_KEY");
  const key = `mr_abcd_${"x".repeat(32)}`;
  const wrong = await run(["list"], { ...env, MILLRACE_API_KEY: key });
  expect(wrong).toMatchObject({ code: 4, out: "" });
  expect(wrong.err).not.toContain(key);
  await system.schedulers[0]?.restart({ MILLRACE_ADMIN_TOKEN: "anna:right,bert:other" });
  onTestFinished(() => system.schedulers[0]?.restart({ MILLRACE_ADMIN_TOKEN: "" }));
  const as = (token: string) => ({ ...env, MILLRACE_ADMIN_TOKEN: token });
  expect((await run(["queues", "list"], as("bert:other"))).code).toBe(0);
  expect((await run(["queues", "list"], as("anna:right,bert:other"))).code).toBe(0);
  const refused = await run(["queues", "list"], as("mistaken"));
  expect(refused.code).toBe(4);
  expect(refused.err).toContain("MILLRACE_ADMIN_TOKEN");
  expect(refused.err).not.toContain("mistaken");
});

test("secrets can come from files, and an empty or missing file is named", async () => {
  const { env, apiKey, queue } = await setup();
  const folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { MILLRACE_API_KEY: _, ...without } = env;
  const list = (file: string) =>
    run(["list", "--queue", queue], { ...without, MILLRACE_API_KEY_FILE: join(folder, file) });
  await writeFile(join(folder, "key"), `${apiKey}\n`);
  await writeFile(join(folder, "empty"), "\n");
  expect((await list("key")).code).toBe(0);
  expect(await list("empty")).toMatchObject({ code: 2, err: expect.stringContaining("is empty") });
  expect(await list("none")).toMatchObject({
    ...{ code: 2, err: expect.stringContaining("MILLRACE_API_KEY_FILE:") },
  });
});

test("with --json, an error is JSON too", async () => {
  const { run: command } = await setup();
  const { code, out, err } = await command([...["submit", "test", "--queue", "nowhere", "--json"]]);
  expect({ code, out }).toEqual({ code: 5, out: "" });
  expect(JSON.parse(err)).toEqual({
    error: {
      message: expect.stringContaining("there is no queue nowhere"),
      exitCode: 5,
      code: "NOT_FOUND",
      reason: "QUEUE_NOT_FOUND",
      violations: [],
      metadata: {},
    },
  });
  const malformed = await command(["submit", "Not A Type", "--json"]);
  expect(JSON.parse(malformed.err).error).toMatchObject({
    ...{
      exitCode: 2,
      reason: "MALFORMED",
      violations: [{ field: expect.stringContaining("type") }],
    },
  });
});
