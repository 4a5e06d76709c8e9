import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const jobId = "documents~ours~01JDXW5T5Q6M3C9N2V8K4H7R1B";

/** A process that calls a gateway on port 1, where nobody listens, and prints how each call fails. */
const lonelyCaller = `
import { connectMillrace } from "@millrace/client";
const apiKey = "mr_ours_" + "0".repeat(32);
const millrace = connectMillrace({ address: "127.0.0.1:1", apiKey, deadlineMs: 300 });
const calls = {
  // This call waits longest, for all others too: a busy machine may need more than 0.3 s to report that nobody
  // listens.
  getJob: () => millrace.getJob("${jobId}", { deadlineMs: 3_000 }),
  submit: () => millrace.submit({ queue: "documents", type: "test" }),
  run: () => millrace.run({ queue: "documents", type: "test" }),
  watch: () => Array.fromAsync(millrace.watch("${jobId}", { giveUpAfterMs: 300 })),
  wait: () => millrace.wait("${jobId}", { deadlineMs: 300 }),
  upload: () => millrace.uploadDocument(Buffer.from("text"), { deadlineMs: 300 }),
};
for (const [name, call] of Object.entries(calls)) {
  console.log(name, await call().catch(({ code, retryable }) => code + " " + retryable));
}
await millrace.close();
`;

test("each call fails when no gateway can be reached, and the process stays alive until then", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", lonelyCaller], {
    cwd: join(import.meta.dirname, ".."),
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const printed = Buffer.concat(await child.stdout.toArray()).toString();
  expect(printed.trim().split("\n")).toEqual([
    "getJob UNAVAILABLE true",
    "submit UNAVAILABLE true",
    "run UNAVAILABLE true",
    "watch UNAVAILABLE true",
    "wait DEADLINE_EXCEEDED true",
    "upload UNAVAILABLE true",
  ]);
  expect(await ended).toEqual([0, null]);
});
