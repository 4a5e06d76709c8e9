// `npm run release`: writes a version in every place, in the changelog, and as the contract that later versions must not
// break. It publishes nothing. docs/releasing.md has the steps around it.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { notesOf, released } from "./changelog.ts";
import { currentVersion, differentPlaces, setVersion } from "./versions.ts";

const root = join(import.meta.dirname, "..");
const changelog = join(root, "CHANGELOG.md");
const WRONG_USE = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" }, notes: { type: "boolean" } },
});
const [version = ""] = positionals;

if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
  fail(
    `"${version}" is no version such as ${currentVersion()}: npm run release -- VERSION`,
    WRONG_USE,
  );
} else if (values.notes) printNotes();
else if (values.check) check();
else release();

function fail(message: string, exitCode = 1): void {
  process.stderr.write(`millrace: ${message}\n`);
  process.exitCode = exitCode;
}

/** Prints what is new in the version, for the page of the release. */
function printNotes(): void {
  const notes = notesOf(readFileSync(changelog, "utf8"), version);
  if (notes === undefined) fail(`CHANGELOG.md has no version ${version}`);
  else process.stdout.write(`${notes}\n`);
}

/** Whether a tag of this version may be published. */
function check(): void {
  const different = differentPlaces(version);
  if (different.length > 0) {
    fail(`these have another version than ${version}:\n  ${different.join("\n  ")}`);
  } else if (notesOf(readFileSync(changelog, "utf8"), version) === undefined) {
    fail(`CHANGELOG.md has no version ${version}: run npm run release -- ${version}`);
  } else process.stdout.write(`Everything has version ${version}.\n`);
}

function release(): void {
  const changed = git("status", "--porcelain");
  if (changed !== "") {
    fail(`commit these changes first:\n${changed}`);
    return;
  }
  const date = new Date().toISOString().slice(0, "2026-01-01".length);
  try {
    writeFileSync(changelog, released(readFileSync(changelog, "utf8"), version, date));
  } catch (error) {
    fail((error as Error).message);
    return;
  }
  setVersion(version);
  const run = (...args: string[]) =>
    execFileSync("pnpm", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  run("--silent", "--filter", "@millrace/gateway", "generate");
  run("--silent", "--filter", "@millrace/proto", "release");
  process.stdout.write(
    `${git("diff", "--stat")}\nVersion ${version} is written. Next:\n` +
      `  npm test\n  git commit --all --message "Release ${version}"\n` +
      `  git tag v${version} && git tag sdk/go/v${version}\n  git push origin main v${version} sdk/go/v${version}\n`,
  );
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trimEnd();
}
