import {
  type KeyId,
  newGroupId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { expect, test } from "vitest";
import { keyId, setup as setupService, url } from "./webhook-setup.ts";

const queue = "documents" as QueueName;

async function setup(change = {}) {
  const parts = await setupService(change);
  const { rpc, clock } = parts;
  const newJob = (callback?: object) => ({
    id: newJobId(queue, keyId as KeyId, clock.nowMs(), random),
    spec: { queue, type: "copy", ...(callback === undefined ? {} : { callback }) },
  });
  const submit = async (...jobs: ReturnType<typeof newJob>[]) =>
    (await rpc.submit({ jobs })).results;
  const createGroup = async (spec: object, finalizer?: ReturnType<typeof newJob>) =>
    (
      await rpc.createGroup({
        groupId: newGroupId(queue, keyId as KeyId, clock.nowMs(), random),
        spec: { queue, ...spec },
        ...(finalizer === undefined ? {} : { finalizer }),
      })
    ).group;
  return { ...parts, newJob, submit, createGroup };
}

test("a job keeps its callback, and its end is recorded for it", async () => {
  const { engine, rpc, newJob, submit } = await setup();
  const callback = { url, eventTypes: ["job.failed"], includeResult: true };
  const job = newJob(callback);
  await submit(job, newJob());
  const { jobs } = await rpc.getJobs({ keyId, jobIds: [job.id] });
  expect(jobs).toMatchObject([{ callback }]);
  expect((await engine.getJobs([job.id]))[0]).toMatchObject({ callback: "result" });
  const plain = newJob({ url });
  await submit(plain);
  expect((await engine.getJobs([plain.id]))[0]).toMatchObject({ callback: "end" });
});

test("a job whose callback is wrong is refused, and the jobs beside it are accepted", async () => {
  const { newJob, submit, rpc } = await setup();
  const jobs = [
    newJob(),
    newJob({ url: "https://127.0.0.1/" }),
    newJob({ url }),
    newJob({ url, eventTypes: ["group.failed"] }),
  ];
  const results = await submit(...jobs);
  expect(results.map(({ result }) => result.case)).toEqual(["jobId", "error", "jobId", "error"]);
  expect(results[0]?.result.value).toBe(jobs[0]?.id);
  expect(results[2]?.result.value).toBe(jobs[2]?.id);
  expect(results[1]?.result.value).toMatchObject({
    code: 3,
    message: expect.stringMatching(/^callback\.url: 127\.0\.0\.1.*ALLOWED_DESTINATIONS/),
  });
  expect(results[3]?.result.value).toMatchObject({
    message: expect.stringMatching(
      /^callback\.event_types\[0\]: .*batch\.cancelled, and not "group\.failed"/,
    ),
  });
  const stored = await rpc.getJobs({ keyId, jobIds: jobs.map(({ id }) => id) });
  expect(stored.jobs.map(({ id }) => id)).toEqual([jobs[0]?.id, jobs[2]?.id]);
});

test("a group keeps its callback, and refuses a wrong one of itself or of its finalizer", async () => {
  const { createGroup, newJob } = await setup();
  const callback = { url, eventTypes: ["group.*"] };
  expect(await createGroup({ callback })).toMatchObject({ callback });
  await expect(createGroup({ callback: { url: "https://[fd00::1]/" } })).rejects.toMatchObject({
    violations: [{ field: "group.callback.url" }],
  });
  await expect(createGroup({}, newJob({ url: "mailto:a@b.c" }))).rejects.toMatchObject({
    violations: [{ field: "group.finalizer.callback.url" }],
  });
});

test("without MILLRACE_WEBHOOK_KEY a callback is refused, because it would never be sent", async () => {
  const { newJob, submit, createGroup } = await setup({ sealer: undefined });
  const [refused, accepted] = await submit(newJob({ url }), newJob());
  expect(refused?.result.value).toMatchObject({
    message: expect.stringContaining("MILLRACE_WEBHOOK_KEY"),
  });
  expect(accepted?.result.case).toBe("jobId");
  await expect(createGroup({ callback: { url } })).rejects.toMatchObject({
    reason: "WEBHOOKS_NOT_SET_UP",
  });
});
