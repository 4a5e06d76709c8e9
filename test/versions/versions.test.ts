// During an upgrade old and new services run side by side, and each reads what the other has stored.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace, type Millrace } from "@millrace/client";
import {
  type LocalSystem,
  mainOf,
  type ServiceName,
  startRedis,
  startSystem,
} from "@millrace/local";
import { describe, expect, onTestFinished, test } from "vitest";
import { adminOf } from "../faults/setup.ts";
import { lastRelease, releasedFolder } from "./release.ts";

const released = releasedFolder();
const names = ["scheduler", "gateway", "worker"] as const;
type Version = "old" | "new";
type Versions = Readonly<Record<ServiceName, Version>>;

const all = (version: Version): Versions => ({
  ...{ scheduler: version, gateway: version, worker: version },
});

const programsOf = (versions: Versions): Partial<Record<ServiceName, string>> =>
  Object.fromEntries(
    names
      .filter((name) => versions[name] === "old")
      .map((name) => [name, mainOf(name, released ?? "")]),
  );

/** Each way to have services of both versions. */
const mixed = Array.from({ length: 2 ** names.length }, (_, bits) =>
  Object.fromEntries(
    names.map((name, index) => [name, (bits >> index) % 2 === 0 ? "old" : "new"] as const),
  ),
)
  .map((versions) => versions as Versions)
  .filter((versions) => new Set(Object.values(versions)).size > 1);

const inAnHour = () => new Date(Date.now() + 3_600_000);

const chat = (text: string) => ({
  ...{ queue: "documents", type: "chat" },
  payload: { messages: [{ role: "user", content: `${text} The mill turns. The river is calm.` }] },
});

async function connect(address: string, apiKey: string): Promise<Millrace> {
  const millrace = connectMillrace({ address, apiKey });
  onTestFinished(() => millrace.close());
  return millrace;
}

/** Does what callers do: a job, its text, a document, a group, a list, a cancellation. */
async function useIt(millrace: Millrace): Promise<void> {
  const { jobId } = await millrace.submit({ ...chat("one"), idempotencyKey: "once" });
  let text = "";
  for await (const delta of millrace.text(jobId))
    text = delta.reset ? delta.text : text + delta.text;
  expect(text).toMatch(/mill|river/);
  expect(await millrace.wait(jobId)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
  const again = await millrace.submit({ ...chat("one"), idempotencyKey: "once" });
  expect(again.jobId).toBe(jobId);

  const document = await millrace.uploadDocument(Buffer.from("The mill turns. ".repeat(50)));
  const read = await millrace.submit({
    ...{ queue: "documents", type: "summarize", documentIds: [document.id] },
  });
  expect(await millrace.wait(read.jobId)).toMatchObject({ state: "SUCCEEDED" });

  const group = await millrace.createGroup({ queue: "documents" }, [chat("a"), chat("b")]);
  await group.close();
  expect(await group.done()).toMatchObject({ state: "SUCCEEDED" });

  const later = await millrace.submit({ ...chat("later"), runAt: inAnHour() });
  expect(await millrace.cancel(later.jobId)).toMatchObject({ state: "CANCELLED" });
  const listed = await Array.fromAsync(millrace.list({ queue: "documents" }));
  expect(listed.map(({ id }) => id)).toContain(jobId);
}

/** Leaves work of every kind that Redis stores, while no worker runs. */
async function leaveWork(millrace: Millrace) {
  const submitted = await millrace.submitMany([chat("one"), { ...chat("two"), priority: 90 }]);
  const jobs = submitted.flatMap((outcome) => ("jobId" in outcome ? outcome.jobId : []));
  expect(jobs).toHaveLength(2);
  const group = await millrace.createGroup({ queue: "documents", maxInFlight: 1 }, [
    ...[chat("a"), chat("b")],
  ]);
  await group.close();
  const later = await millrace.submit({ ...chat("later"), runAt: inAnHour() });
  const schedule = await millrace.schedules.create({
    ...{ name: "nightly", cron: "0 3 * * *", job: chat("nightly") },
  });
  return { jobs, group: group.id, later: later.jobId, schedule: schedule.id };
}

async function expectSound(system: LocalSystem): Promise<void> {
  const answers = await Array.fromAsync(adminOf(system).audit({}));
  expect(answers.at(-1)).toMatchObject({ done: true, findings: [] });
}

describe.skipIf(released === undefined)(
  `with release ${lastRelease.version} in this checkout`,
  () => {
    test.each(mixed)(
      "scheduler $scheduler, gateway $gateway, worker $worker: callers see no difference",
      async (versions) => {
        const system = await startSystem({ programs: programsOf(versions) });
        onTestFinished(() => system[Symbol.asyncDispose]());
        await useIt(await connect(system.gatewayTarget(), system.apiKey));
        await expectSound(system);
      },
    );

    test.each([
      { from: "old", to: "new" },
      { from: "new", to: "old" },
    ] as const)(
      "the $to version goes on with what the $from version has stored",
      async ({ from, to }) => {
        const redis = await startRedis();
        onTestFinished(() => redis[Symbol.asyncDispose]());
        const documents = await mkdtemp(join(tmpdir(), "millrace-versions-"));
        onTestFinished(() => rm(documents, { recursive: true }));
        const first = await startSystem({
          ...{ redis, documents, workers: 0, programs: programsOf(all(from)) },
        });
        const left = await leaveWork(await connect(first.gatewayTarget(), first.apiKey));
        await first.stop();

        const second = await startSystem({
          ...{ redis, documents, apiKey: first.apiKey, programs: programsOf(all(to)) },
        });
        onTestFinished(() => second[Symbol.asyncDispose]());
        const millrace = await connect(second.gatewayTarget(), first.apiKey);
        for (const id of left.jobs) {
          expect(await millrace.wait(id)).toMatchObject({ state: "SUCCEEDED", attempt: 1 });
        }
        expect(await millrace.group(left.group).done()).toMatchObject({ state: "SUCCEEDED" });
        expect(await millrace.schedules.get(left.schedule)).toMatchObject({ paused: false });
        expect(await millrace.getJob(left.later)).toMatchObject({ state: "SCHEDULED" });
        await useIt(millrace);
        await expectSound(second);
      },
    );
  },
);
