import { type KeyId, newJobId, type QueueName, systemRandom } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { SubmissionLog } from "./submission-log.ts";

function setup() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("scheduler", {
    destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
  });
  const submissions = new SubmissionLog(log);
  const id = (keyId: string, queue = "mail") =>
    newJobId(queue as QueueName, keyId as KeyId, 1, systemRandom);
  return { submissions, lines, id };
}

test("one line says what a key has submitted to a queue in the interval, and what was refused", () => {
  const { submissions, lines, id } = setup();
  for (let n = 0; n < 500; n += 1) submissions.submitted(id("aaaa"));
  submissions.submitted(id("aaaa", "documents"));
  submissions.refused(id("bbbb"), "sned", "UNKNOWN_JOB_TYPE");
  submissions.refused(id("bbbb"), "send", "DEPTH_FULL");
  submissions.flush();
  submissions.flush();
  expect(lines).toMatchObject([
    { level: "info", key_id: "aaaa", queue: "mail", submitted: 500 },
    { level: "info", key_id: "aaaa", queue: "documents", submitted: 1 },
    {
      ...{ level: "warn", key_id: "bbbb", queue: "mail", submitted: 0 },
      ...{ refused: { UNKNOWN_JOB_TYPE: 1, DEPTH_FULL: 1 }, unknown_type: "sned" },
    },
  ]);
});

test("more than 1,000 keys have one line together", () => {
  const { submissions, lines, id } = setup();
  for (let n = 0; n < 1_500; n += 1) submissions.submitted(id(`key${n}`));
  submissions.flush();
  expect(lines).toHaveLength(1_001);
  expect(lines.at(-1)).toMatchObject({ others: true, submitted: 500 });
});
