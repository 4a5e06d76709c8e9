import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { run, setup } from "./setup.ts";

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.each(["--version", "-V"])("%s prints the version", async (flag) => {
  expect(await run([flag], {})).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
});

test("the environment's key and token take precedence over files, as the help says", async () => {
  const { env, queue } = await setup();
  const file = join(await temporary(), "wrong");
  await writeFile(file, `mr_abcd_${"x".repeat(32)}\n`);
  expect((await run(["list", "--queue", queue, "--api-key-file", file], env)).code).toBe(0);
  const list = await run(["list", "--queue", queue], { ...env, MILLRACE_API_KEY_FILE: file });
  expect(list.code).toBe(0);
  const { MILLRACE_API_KEY: _, ...without } = env;
  expect((await run(["list", "--queue", queue, "--api-key-file", file], without)).code).toBe(4);
});

test.each([
  [["get", "--json"], "missing required argument 'job-id'"],
  [["nonsense", "--json"], "unknown command 'nonsense'"],
  [["submit", "test", "--priority", "0", "--json"], "from 1 to 100"],
  [["keys", "--json"], ""],
  [["list", "--json"], "There is no API key"],
])("with --json, the wrong usage %j is JSON", async (args, message) => {
  const { code, out, err } = await run(args, { MILLRACE_API_KEY: "" });
  expect(out).toBe("");
  const lines = err.trim().split("\n");
  expect(lines).toHaveLength(1);
  const { error } = JSON.parse(String(lines[0])) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ message: expect.stringContaining(message), exitCode: code });
  expect(code).toBeGreaterThan(0);
});

test("an address of another listener is named as such", async () => {
  const { system, env, queue } = await setup();
  const { address, workers, admin, metrics } = system.schedulers[0]?.addresses ?? {};
  const gateway = system.gateways[0]?.addresses;
  for (const [at, name] of [
    [admin, "a scheduler's listener for operators"],
    [workers, "a scheduler's listener for workers"],
    [address, "a scheduler's listener for gateways"],
    [gateway?.metrics, "a listener for metrics and probes"],
    [metrics, "a listener for metrics and probes"],
  ]) {
    const wrong = await run(["list", "--queue", queue, "--address", String(at)], env);
    expect(wrong).toMatchObject({ code: 3, out: "" });
    expect(wrong.err).toContain(`${at} is ${name}, not the gateway. Set the address with`);
  }
  const operator = await run(["queues", "list", "--admin-address", system.gatewayTarget()], env);
  expect(operator.code).toBe(3);
  expect(operator.err).toContain("is a gateway's listener for callers, not a scheduler's listener");
  // The gateway's port for HTTP speaks gRPC too.
  const http = await run(["list", "--queue", queue, "--address", String(gateway?.http)], env);
  expect(http.code).toBe(0);
});

test("documents are uploaded, shown, listed, downloaded and deleted, and no file is overwritten", async () => {
  const { run: command } = await setup();
  const folder = await temporary();
  const source = join(folder, "sea.txt");
  await writeFile(source, "The sea was calm.");
  const uploaded = await command(["documents", "upload", source, source]);
  const ids = uploaded.out.trim().split("\n");
  expect(ids).toEqual([expect.stringMatching(/^doc_/), expect.stringMatching(/^doc_/)]);
  const id = String(ids[0]);
  const shown = await command(["documents", "get", id]);
  expect(shown.out).toMatch(/name +sea\.txt\ntype +text\/plain\nsize +17 bytes/);
  const json = JSON.parse((await command(["documents", "get", id, "--json"])).out);
  expect(json).toMatchObject({ id, name: "sea.txt", sizeBytes: 17 });
  const copy = join(folder, "copy.txt");
  expect((await command(["documents", "download", id, copy])).code).toBe(0);
  expect(await readFile(copy, "utf8")).toBe("The sea was calm.");
  const again = await command(["documents", "download", id, source]);
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining("cannot be written") });
  expect(await readFile(source, "utf8")).toBe("The sea was calm.");
  const missing = await command(["documents", "upload", join(folder, "none")]);
  expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("cannot be read") });
  const two = await command(["documents", "upload", source, source, "--name", "a"]);
  expect(two.code).toBe(2);
  const listed = await command(["documents", "list"]);
  expect(listed.out).toMatch(new RegExp(`^DOCUMENT .*EXPIRES\\n${id} +sea\\.txt +text/plain +17 `));
  expect(await command(["documents", "delete", id])).toMatchObject({ code: 0, out: "deleted\n" });
  expect((await command(["documents", "delete", id])).code).toBe(5);
  expect((await command(["documents", "list"])).out).toBe("There are no documents.\n");
});

test("a token of a job is printed, and works as an API key for this job", async () => {
  const { run: command, env, queue } = await setup();
  const { out } = await command(["submit", "test", "--queue", queue]);
  const id = out.trim();
  const token = (await command(["token", id, "--lifetime", "1m"])).out.trim();
  const as = (args: string[]) => run(args, { ...env, MILLRACE_API_KEY: token });
  expect((await as(["get", id])).code).toBe(0);
  expect(await as(["cancel", id])).toMatchObject({ code: 4 });
  const json = JSON.parse((await command(["token", id, "--cancel", "--json"])).out);
  expect(json).toMatchObject({ right: "cancel", token: expect.stringMatching(/^mrj_cancel/) });
});

/** What bash offers after these words. */
async function completed(script: string, ...words: string[]): Promise<string[]> {
  const lines = [
    script,
    `COMP_WORDS=(${["millrace", ...words].map((word) => `'${word}'`).join(" ")})`,
    `COMP_CWORD=${words.length}`,
    "_millrace",
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ];
  const { stdout } = await promisify(execFile)("bash", ["-c", lines.join("\n")]);
  return stdout.split("\n").filter((line) => line !== "");
}

test("bash completes commands, their subcommands and their flags by the printed script", async () => {
  const { out: script, code } = await run(["completion", "bash"], {});
  expect(code).toBe(0);
  expect(await completed(script, "exp")).toEqual(["explain"]);
  expect(await completed(script, "documents", "")).toEqual([
    "upload",
    "get",
    "list",
    "download",
    "delete",
  ]);
  expect(await completed(script, "submit", "chat", "--prio")).toEqual(["--priority"]);
  expect(await completed(script, "keys", "--json", "cr")).toEqual(["create"]);
  // The value of a flag is left to the shell, which offers files.
  expect(await completed(script, "submit", "chat", "--document", "")).toEqual([]);
  const zsh = await run(["completion", "zsh"], {});
  expect(zsh.out).toContain("bashcompinit");
  expect((await run(["completion", "fish"], {})).out).toContain(
    "complete -c millrace -f -n '__millrace_at documents' -a upload",
  );
  expect((await run(["completion", "cmd"], {})).code).toBe(2);
});
