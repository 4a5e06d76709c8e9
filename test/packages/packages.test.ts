// The packages that are published, as their users get them: packed, installed by npm outside the workspace, compiled with
// usual settings, and run by each version of Node that is supported against a whole Millrace.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { type LocalSystem, startSystem } from "@millrace/local";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { installNode, makeProject, packAll, registryAnswers, run } from "./installed.ts";

const TIMEOUT_MS = 600_000;
const published = [
  ...["@millrace/bullmq", "@millrace/cli", "@millrace/client", "@millrace/proto"],
  "@millrace/worker-sdk",
];
/** The oldest Node that `engines` of the packages allows, and the newest of each later major version. */
const nodes = ["20.3.0", "22", "24"];
/** The compiler of this repository, and the last one that is written in JavaScript, which most projects still have. */
const compilers = { "typescript-7": "npm:typescript@7", "typescript-5": "npm:typescript@5" };
const NodeNext = { module: "NodeNext" };
const Bundler = { module: "ESNext", moduleResolution: "Bundler" };
const compiled = [
  { compiler: "typescript-7", name: "NodeNext", options: NodeNext },
  { compiler: "typescript-7", name: "Bundler", options: Bundler },
  { compiler: "typescript-5", name: "NodeNext", options: NodeNext },
] as const;

const canInstall = registryAnswers();
if (!canInstall) {
  process.stderr.write(
    "NOT TESTED whether the published packages install and run: npm cannot reach its package registry.\n",
  );
}

const work = mkdtempSync(join(tmpdir(), "millrace-packages-"));
const folder = join(work, "project");
let tarballs: Map<string, string>;

beforeAll(async () => {
  tarballs = await packAll(join(work, "tarballs"));
}, TIMEOUT_MS);
afterAll(() => rmSync(work, { recursive: true, force: true }));

const inTarball = (options: string, name: string, ...files: string[]) =>
  run("tar", [options, tarballs.get(name) ?? "", ...files], { cwd: work });

const manifestOf = async (name: string) =>
  JSON.parse(await inTarball("-xzOf", name, "package/package.json"));

test("the client, the worker SDK, the contract, the command and the backend for BullMQ are published, and nothing else", () => {
  expect([...tarballs.keys()]).toEqual(published);
});

test.each(published)("%s has a licence, a README, and needs only what npm has", async (name) => {
  const files = (await inTarball("-tzf", name)).split("\n");
  expect(files).toEqual(expect.arrayContaining(["package/LICENSE", "package/README.md"]));
  expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  const manifest = await manifestOf(name);
  expect(manifest).toMatchObject({
    ...{ engines: { node: ">=20.3" }, type: "module", license: "Apache-2.0" },
    ...{ publishConfig: { access: "public", provenance: true } },
  });
  expect(manifest.private).toBeUndefined();
  for (const [dependency, version] of Object.entries(manifest.dependencies)) {
    if (dependency.startsWith("@millrace/")) expect(published).toContain(dependency);
    expect(version).toMatch(dependency.startsWith("@millrace/") ? /^\d/ : /^\^\d/);
  }
});

test.each(published)("publint finds nothing to correct in %s", async (name) => {
  // A copy, since what is read of a small file may lie in a buffer of Node's own, beside other things.
  const { buffer: tarball } = Uint8Array.from(readFileSync(tarballs.get(name) ?? ""));
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test.each(published.filter((name) => name !== "@millrace/cli"))(
  "compilers find the types of each entry of %s",
  async (name) => {
    const tarball = createPackageFromTarballData(readFileSync(tarballs.get(name) ?? ""));
    const analysis = await checkPackage(tarball);
    if (analysis.types === false) throw new Error(`${name} has no types`);
    // The packages are ES modules, for resolutions that know `exports`.
    const wrong = analysis.problems.filter(
      (problem) =>
        !("resolutionKind" in problem) ||
        problem.resolutionKind === "node16-esm" ||
        problem.resolutionKind === "bundler",
    );
    expect(wrong).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toContain(name === "@millrace/proto" ? "./job" : ".");
  },
  TIMEOUT_MS,
);

describe.skipIf(!canInstall)("installed by npm (needs the package registry)", () => {
  let system: LocalSystem;

  beforeAll(async () => {
    const tools = Object.entries(compilers).map(([name, spec]) => `${name}@${spec}`);
    await makeProject(folder, [
      ...tarballs.values(),
      ...tools,
      "@types/node@20",
      ...["zod@4", "valibot@1", "bullmq@6.7", "ioredis@6"],
    ]);
    cpSync(join(import.meta.dirname, "program"), join(folder, "src"), { recursive: true });
    system = await startSystem({ workers: 0 });
  }, TIMEOUT_MS);
  afterAll(() => system?.stop());

  test.each(compiled)(
    "a program compiles with $compiler and $name, with the declarations of libraries checked",
    async ({ compiler, name, options }) => {
      const config = `tsconfig.${compiler}.${name}.json`;
      const compilerOptions = {
        ...{ target: "ES2022", strict: true, skipLibCheck: false, types: ["node"] },
        declaration: true,
        ...{ rootDir: "src", outDir: `out/${compiler}-${name}`, ...options },
      };
      writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, include: ["src"] }));
      const tsc = join(folder, "node_modules", compiler, "bin/tsc");
      expect(await run(process.execPath, [tsc, "-p", config], { cwd: folder })).toBe("");
    },
    TIMEOUT_MS,
  );

  test.each(nodes)(
    "caller, worker and command run on Node %s",
    async (version) => {
      const name = version.replaceAll(".", "-");
      const node = await installNode(join(work, `node-${name}`), version);
      expect(await run(node, ["--version"], { cwd: work })).toMatch(new RegExp(`^v${version}\\b`));
      const queue = `words-${name}`;
      const operators = String(system.schedulers[0]?.addresses.admin);
      const env = {
        ...{ QUEUE: queue, GATEWAY: system.gatewayTarget(), WORKERS: system.workerTarget },
        ...{ API_KEY: system.apiKey, ADMIN: operators },
        ...{ MILLRACE_ADDRESS: system.gatewayTarget(), MILLRACE_API_KEY: system.apiKey },
        MILLRACE_ADMIN_ADDRESS: operators,
      };
      const command = (...args: string[]) =>
        run(node, [join(folder, "node_modules/.bin/millrace"), ...args], { cwd: folder, env });
      const program = (file: string) => join(folder, "out/typescript-7-NodeNext", file);

      const { version: released } = await manifestOf("@millrace/cli");
      expect(await command("--version")).toBe(`${released}\n`);
      await command("queues", "put", queue);
      const worker = spawn(node, [program("worker.js")], {
        ...{ cwd: folder, env: { ...process.env, ...env } },
        stdio: ["ignore", "pipe", "pipe"],
      });
      onTestFinished(() => void worker.kill("SIGKILL"));
      const [ended, printed] = [once(worker, "exit"), text(worker.stdout)];
      const complaints = text(worker.stderr);

      const called = await run(node, [program("caller.js")], { cwd: folder, env });
      expect(JSON.parse(called)).toEqual({
        ...{ words: 5, output: "counting\n", shouted: "THAR", known: true },
        ...{ attempts: 1, code: "INVALID_ARGUMENT" },
        failure: {
          ...{ reason: "MALFORMED", retryable: false },
          message: expect.stringContaining("payload.text: "),
          details: {
            violations: [{ field: "payload.text", description: expect.any(String) }],
          },
        },
      });
      const job = ["count-words", '{"text": "call me"}', "--queue", queue];
      expect(await command("submit", ...job, "--watch")).toBe("counting\n");
      const file = join(work, `${name}.yaml`);
      writeFileSync(file, `queues:\n  - name: ${queue}\n    default_retry: { max_attempts: 99 }\n`);
      await expect(command("config", "check", file)).rejects.toThrow(/max_attempts/);

      const redis = { REDIS_PORT: new URL(system.redis.url).port, PREFIX: `groups-${name}` };
      const grouped = await run(node, [program("queue.js")], { cwd: folder, env: redis });
      expect(JSON.parse(grouped)).toEqual({ ran: "aaaabbbcd", refused: "WRONGTYPE" });

      worker.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
      expect(await printed).toBe("left\n");
      expect(await complaints).toBe("");
    },
    TIMEOUT_MS,
  );
});
