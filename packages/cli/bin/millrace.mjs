#!/usr/bin/env node
// The entry point. The command needs Node 24. An older Node starts the one in .toolchain instead.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";

const MAJOR_NEEDED = 24;

if (Number(process.versions.node.split(".")[0]) >= MAJOR_NEEDED) {
  // The compile cache halves the time to start, because most of that time is spent on parsing TypeScript.
  module.enableCompileCache();
  await import("../src/main.ts");
} else {
  const root = join(import.meta.dirname, "../../..");
  const node = join(root, ".toolchain/node_modules/.bin/node");
  if (!existsSync(node)) {
    process.stderr.write(
      `millrace: this command needs Node ${MAJOR_NEEDED}. Run \`node scripts/run.mjs setup\` in ${root} first.\n`,
    );
    process.exit(2);
  }
  const main = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both processes. The child decides how to end.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exit(code ?? (signal === "SIGINT" ? 130 : 1));
  });
}
