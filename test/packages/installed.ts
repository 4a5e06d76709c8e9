// What users of the packages do: npm installs them into a folder of its own, with the compilers and Node versions that they have.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, and returns what it prints. Its output is the failure's message. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  const failed = (error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  };
  const { stdout } = await promisify(execFile)(program, args, options).catch(failed);
  return stdout;
}

/** Whether npm is there and its registry answers. */
export function registryAnswers(): boolean {
  const args = ["view", "zod", "version", "--fetch-retries=0", "--fetch-timeout=20000"];
  return spawnSync("npm", args, { timeout: 60_000 }).status === 0;
}

/** Packs all published packages. Returns the paths of the tarballs by the names of the packages. */
export async function packAll(folder: string): Promise<Map<string, string>> {
  await run(process.execPath, ["scripts/pack.ts", "--to", folder], { cwd: root });
  const files = globSync("*.tgz", { cwd: folder }).sort();
  return new Map(
    files.map((file) => {
      const [, name] = /^millrace-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(file) ?? [];
      return [`@millrace/${name}`, join(folder, file)];
    }),
  );
}

/** Makes an empty package, and installs tarballs and packages of the registry into it. */
export async function makeProject(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const options = ["--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...options, ...packages], { cwd: folder });
}

/** Installs a version of Node from the registry. Returns the path of its program. */
export async function installNode(folder: string, version: string): Promise<string> {
  // The package `node` chooses among these by a script, which npm may be configured not to run.
  const name = process.platform === "linux" ? `node-linux-${process.arch}` : "node";
  await makeProject(folder, [`${name}@${version}`]);
  const node = join(folder, "node_modules/.bin/node");
  if (!existsSync(node)) throw new Error(`${name}@${version} has brought no program ${node}`);
  return node;
}
