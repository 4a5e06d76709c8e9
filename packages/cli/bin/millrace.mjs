#!/usr/bin/env node
// The way in: the command itself needs Node 24; an older one hands over to the one in .toolchain.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";

const MAJOR_NEEDED = 24;

if (Number(process.versions.node.split(".")[0]) >= MAJOR_NEEDED) {
  // Halves the time to start: most of it is spent on reading TypeScript.
  module.enableCompileCache();
  await import("../src/main.ts");
} else {
  const root = join(import.meta.dirname, "../../..");
  const node = join(root, ".toolchain/node_modules/.bin/node");
  if (!existsSync(node)) {
    process.stderr.write(
      `millrace: this needs Node ${MAJOR_NEEDED}. Run \`node scripts/run.mjs setup\` in ${root} first.\n`,
    );
    process.exit(2);
  }
  const main = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal's Ctrl-C reaches both: the child decides what becomes of it.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exit(code ?? (signal === "SIGINT" ? 130 : 1));
  });
}
