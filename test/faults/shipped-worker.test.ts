/** Tests that the shipped worker can be ended in the middle of a long document. */
import { JobState } from "@millrace/proto/job";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { chapters } from "../../scripts/moby-dick.ts";
import { Journal, lastText } from "./journal.ts";
import { adminOf, callerAt, startLogged, uploadOf } from "./setup.ts";

const { system } = await startLogged({
  workers: 0,
  settings: {
    scheduler: { MILLRACE_LEASE_MS: "3000", MILLRACE_REAP_EVERY_MS: "100" },
  },
});
afterAll(() => system[Symbol.asyncDispose]());

const book = Buffer.from(
  chapters()
    .slice(0, 10)
    .map(({ title, text }) => `${title}\n\n${text}`)
    .join("\n\n"),
);

async function setup() {
  const caller = callerAt(system.gatewayTarget(), await system.createApiKey("caller"));
  const journal = new Journal(caller);
  const { document } = await caller.documents.uploadDocument(
    uploadOf({ name: "book.txt", contentType: "text/plain" }, book),
  );
  const worker = async (settings: Readonly<Record<string, string>> = {}) => {
    const service = await system.addWorker(settings);
    onTestFinished(() => service[Symbol.asyncDispose]());
    return service;
  };
  /** Starts a summary of many parts. Resolves once the parts are handed over. */
  const begin = async () => {
    const jobId = await journal.submit({
      ...{ queue: "documents", type: "summarize", documentIds: [document?.id ?? ""] },
      payload: { case: "payloadJson", value: JSON.stringify({ partTokens: 256 }) },
    });
    const following = journal.follow(jobId);
    await journal.recordOf(jobId).states.until((state) => state === JobState.WAITING);
    return { jobId, following };
  };
  const resultOf = async ({ jobId, following }: Awaited<ReturnType<typeof begin>>) => {
    const end = await following;
    expect(end.state).toBe(JobState.SUCCEEDED);
    const { summary } = JSON.parse(end.resultJson) as { summary: string };
    expect(lastText(journal.recordOf(jobId).output.items)).toBe(summary);
    const broken = await journal.violations("documents");
    for await (const { findings } of adminOf(system).audit({})) {
      broken.push(...findings.map(({ subject, problem }) => `${subject}: ${problem}`));
    }
    expect(broken).toEqual([]);
    return { end, summary };
  };
  return { worker, begin, resultOf };
}

/** The summary by a worker that was only told to stop. */
let whole: string | undefined;

test("a worker that is told to stop in the middle of a summary finishes its parts, and another one the others", async () => {
  const { worker, begin, resultOf } = await setup();
  const leaving = await worker();
  const job = await begin();
  expect(await leaving.stop()).toEqual({ code: 0, signal: null });
  await worker();
  const { end, summary } = await resultOf(job);
  expect(end).toMatchObject({ attempt: 1, stalls: 0 });
  whole = summary;
});

test("another worker makes the same summary after the first one is killed", async () => {
  const { worker, begin, resultOf } = await setup();
  const dying = await worker();
  const job = await begin();
  await dying.kill();
  await worker();
  const { end, summary } = await resultOf(job);
  // The parts lost their worker, and not the job, which waited for them.
  expect(end).toMatchObject({ attempt: 1, stalls: 0 });
  expect(summary).toBe(whole);
});

test("another worker makes the same summary after the first one hands it back", async () => {
  const { worker, begin, resultOf } = await setup();
  const hasty = await worker({ MILLRACE_DRAIN_MS: "0" });
  const job = await begin();
  expect(await hasty.stop()).toEqual({ code: 0, signal: null });
  await worker();
  const { end, summary } = await resultOf(job);
  expect(end).toMatchObject({ attempt: 1, stalls: 0 });
  expect(summary).toBe(whole);
});
