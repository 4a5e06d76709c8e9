// `npm run conformance`: runs a worker program in any language through the tests of the worker protocol.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { worker: { type: "string" } } });
if (values.worker === undefined) {
  process.stderr.write(
    'millrace: name the worker program: npm run conformance -- --worker "python my_worker.py"\n',
  );
  process.exit(2);
}
const { status } = spawnSync("pnpm", ["exec", "vitest", "run", "test/conformance"], {
  stdio: "inherit",
  env: { ...process.env, MILLRACE_CONFORMANCE_WORKER: values.worker },
});
process.exitCode = status ?? 1;
