import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSystem } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../docs/http.md"), "utf8");

/** All examples except the one that sets the address and the key. */
const examples = [...page.matchAll(/^```sh\n(.*?)^```/gms)]
  .map(([, code]) => code ?? "")
  .filter((code) => !code.includes("mr_…"));

test("the examples of docs/http.md work, one after another", async () => {
  const system = await startSystem();
  onTestFinished(() => system[Symbol.asyncDispose]());
  const script = [
    'curl() { command curl --fail-with-body "$@"; }',
    ...examples.map((code) => `${code}\necho; echo "--- end of example"`),
  ].join("\n");
  const env = { PATH: process.env.PATH, URL: system.httpUrl, KEY: system.apiKey };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { env });
  const outputs = stdout.split("--- end of example\n").slice(0, -1);
  expect(outputs).toHaveLength(examples.length);
  const outputOf = (path: string) => outputs[examples.findIndex((code) => code.includes(path))];
  expect(outputOf("Prefer: wait")).toContain('"state":"JOB_STATE_SUCCEEDED"');
  expect(outputOf("$JOB?wait=30")).toContain('"result":{');
  expect(outputOf('-X DELETE "$URL$JOB')).toContain('"state":"JOB_STATE_CANCELLED"');
  expect(outputOf("$JOB/events")).toMatch(
    /^retry: 1000\nevent: job\ndata: \{.*JOB_STATE_CANCELLED/,
  );
  expect(outputOf('"finalizer"')).toContain('"state":"GROUP_STATE_SUCCEEDED"');
  expect(outputOf("/children")).toContain('"more":false');
  expect(outputOf(":close")).toContain('"cancelReason":"changed my mind"');
  expect(outputOf("$GROUP/events")).toContain('"state":"GROUP_STATE_CANCELLED"');
  expect(outputOf("?name=moby.txt")).toContain('"contentType":"text/plain"');
  expect(outputOf("/content")).toContain("Call me Ishmael.");
});
