// Imports what the programs of the image import, the parts that they load later included: node loads.mjs
// What prune.mjs took away by mistake ends the build here.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";

/** With a wrong setting a service ends after it has loaded everything, and names the setting. */
const env = { ...process.env, MILLRACE_LOG_LEVEL: "none" };
for (const service of ["gateway", "scheduler", "worker"]) {
  const { output } = spawnSync(process.execPath, [`services/${service}/src/main.ts`], {
    ...{ env, encoding: "utf8" },
  });
  const text = output.join("");
  if (!text.includes("MILLRACE_LOG_LEVEL: must be")) throw new Error(`${service} fails: ${text}`);
}
const parts = globSync([
  "services/worker/src/{documents,threads}/**/*.ts",
  "packages/{documents,extractive,configuration}/src/**/*.ts",
  "packages/cli/src/program.ts",
]).filter((file) => !/\.(d|test)\.ts$/.test(file));
for (const part of parts) await import(resolve(part));
process.stdout.write(`loads.mjs: 3 services and ${parts.length} parts load\n`);
process.exit();
