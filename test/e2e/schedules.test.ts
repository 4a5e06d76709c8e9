/** Schedules in a whole system: made in every way that callers have, and seen by the job, its worker and its readers. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { systemClock as clock, parseApiKey, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { commandLine } from "../fields/command-line.ts";

const parts = new AsyncDisposableStack();
let system: Awaited<ReturnType<typeof startSystem>>;
let millrace: ReturnType<typeof connectMillrace>;
let keyId: string;
let cliLines: ReturnType<typeof commandLine>;

beforeAll(async () => {
  system = parts.use(
    await startSystem({
      ...{ workers: 0, schedulers: 2 },
      settings: { scheduler: { MILLRACE_SCHEDULES_PER_KEY: "3" } },
    }),
  );
  millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  parts.defer(() => millrace.close());
  keyId = String(parseApiKey(system.apiKey)?.keyId);
  cliLines = commandLine({
    apiKey: system.apiKey,
    gateway: system.gatewayTarget(),
    operators: String(system.schedulers[0]?.addresses.admin),
  });
}, 180_000);
afterAll(() => parts.disposeAsync());

const http = async (method: string, path: string, body?: object) => {
  const response = await fetch(system.httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
};
/** Runs the command `millrace` as a program. Returns how it ended, and what it wrote to stderr. */
async function millraceSays(...args: readonly string[]) {
  const env = {
    ...{ PATH: process.env.PATH, MILLRACE_API_KEY: system.apiKey },
    MILLRACE_ADDRESS: system.gatewayTarget(),
    MILLRACE_ADMIN_ADDRESS: String(system.schedulers[0]?.addresses.admin),
  };
  const program = join(import.meta.dirname, "../../packages/cli/bin/millrace.mjs");
  return await new Promise((resolve) => {
    execFile(program, args, { env }, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stderr }),
    );
  });
}

const queue = "documents";
const job = { queue, type: "tell" };

test("a schedule's jobs run at its due times, and the worker and every reader see the schedule", async () => {
  const seen: { scheduleId: string | undefined; scheduleDueMs: number | undefined }[] = [];
  let tell = () => {};
  const twice = new Promise<void>((resolve) => {
    tell = () => seen.length >= 2 && resolve();
  });
  const worker = startWorker({
    ...{ address: String(system.schedulers[0]?.addresses.workers), workerId: "w" },
    ...{ queues: [queue], slots: 4, clock, random },
    executors: {
      tell: async ({ scheduleId, scheduleDueMs }) => {
        seen.push({ scheduleId, scheduleDueMs });
        tell();
        return { scheduleDueMs };
      },
    },
  });
  onTestFinished(() => worker.drain(0));
  const schedule = await millrace.schedules.create({
    ...{ name: "each-second", intervalMs: 1_000, overlap: "allow_all", job },
  });
  await twice;
  await millrace.schedules.pause(schedule.id);
  const scheduleId = `${queue}~${keyId}~each-second`;
  const [first, second] = seen;
  expect(seen.map((one) => one.scheduleId)).toEqual(seen.map(() => scheduleId));
  expect(Number(second?.scheduleDueMs) - Number(first?.scheduleDueMs)).toBe(1_000);
  const after = await millrace.schedules.get(schedule.id);
  expect(after.runs).toBeGreaterThanOrEqual(2);

  const jobId = String(after.lastJobId);
  const done = await millrace.wait(jobId);
  const scheduleDueTime = after.lastDueTime;
  expect(done).toMatchObject({ scheduleId, scheduleDueTime });
  expect(await millrace.getJob(jobId)).toMatchObject({ scheduleId, scheduleDueTime });
  const rpc = grpcClient(JobService, system.gatewayTarget(), { token: system.apiKey });
  onTestFinished(() => rpc.close());
  const { job: read } = await rpc.rpc.getJob({ jobId });
  expect(read).toMatchObject({ scheduleId });
  const { jobs } = await rpc.rpc.listJobs({ queue });
  expect(new Set(jobs.map((one) => one.scheduleId))).toEqual(new Set([scheduleId]));
  const answer = await http("GET", `/v1/jobs/${jobId}`);
  const inJson = {
    scheduleId,
    scheduleDueTime: scheduleDueTime?.toISOString().replace(".000", ""),
  };
  expect(answer.body).toMatchObject({ scheduleId });
  expect(new Date(String(answer.body.scheduleDueTime))).toEqual(scheduleDueTime);
  const [line] = await Array.fromAsync(cliLines("get", jobId));
  expect(line).toMatchObject({ scheduleId: inJson.scheduleId });
  const explained = { state: "SUCCEEDED", scheduleId, scheduleDueTime };
  expect(await millrace.explain(jobId)).toMatchObject(explained);
  expect((await rpc.rpc.explainJob({ jobId })).scheduleId).toBe(scheduleId);
  const overHttp = await http("GET", `/v1/jobs/${jobId}/explain`);
  expect(overHttp.body).toMatchObject({ scheduleId });
  const [explanation] = await Array.fromAsync(cliLines("explain", jobId));
  expect(explanation).toMatchObject({ scheduleId });
  // Each due time has one job, though two schedulers look.
  const dues = jobs.map((one) => Number(one.scheduleDueTime?.seconds));
  expect(new Set(dues).size).toBe(dues.length);
  await millrace.schedules.delete(schedule.id);
  expect((await millrace.getJob(jobId)).state).toBe("SUCCEEDED");
}, 60_000);

test("HTTP creates, reads, changes, pauses, runs and deletes a schedule", async () => {
  const created = await http("POST", "/v1/schedules", {
    ...{ name: "nightly", cron: "30 2 * * *", timeZone: "Europe/Berlin" },
    job: { queue, type: "none", payload: { big: 5 } },
  });
  expect(created).toMatchObject({ status: 201, body: { warnings: [] } });
  const { schedule } = created.body as unknown as {
    schedule: { id: string; nextTimes: string[]; spec: object };
  };
  expect(schedule.nextTimes).toHaveLength(5);
  expect(schedule.spec).toMatchObject({ cron: "30 2 * * *", job: { payload: { big: 5 } } });
  const path = `/v1/schedules/${schedule.id}`;
  expect(await http("GET", path)).toMatchObject({ status: 200, body: { id: schedule.id } });
  expect(await http("GET", `/v1/schedules?queue=${queue}`)).toMatchObject({
    body: { schedules: [{ id: schedule.id }], nextPageToken: "" },
  });
  expect(await http("PATCH", path, { cron: "* * * * * *" })).toMatchObject({
    ...{ status: 200, body: { warnings: [expect.stringContaining("due every 1 s")] } },
  });
  expect(await http("PATCH", path, { interval: "5s", jitter: "6s" })).toMatchObject({
    ...{ status: 400, body: { violations: [{ field: "jitter" }] } },
  });
  expect(await http("POST", `${path}:pause?note=later`)).toMatchObject({
    ...{ status: 200, body: { paused: true, pauseNote: "later", nextTimes: [] } },
  });
  const { status, body } = await http("POST", `${path}:run`);
  expect(status).toBe(202);
  expect(await millrace.getJob(String(body.jobId))).toMatchObject({ scheduleId: schedule.id });
  expect(await http("POST", `${path}:resume`)).toMatchObject({ body: { paused: false } });
  expect((await http("DELETE", path)).status).toBe(200);
  expect((await http("DELETE", path)).status).toBe(404);
});

test("creating a schedule again finds it, another spec conflicts, and a key has so many and no more", async () => {
  const yearly = (name: string) => ({ name, cron: "0 0 1 1 *", job });
  const first = await millrace.schedules.create(yearly("a"));
  expect(await millrace.schedules.create(yearly("a"))).toEqual(first);
  await expect(
    millrace.schedules.create({ ...yearly("a"), cron: "0 0 2 1 *" }),
  ).rejects.toMatchObject({ reason: "SCHEDULE_EXISTS" });
  const others = [yearly("b"), yearly("c")];
  for (const one of others) await millrace.schedules.create(one);
  await expect(millrace.schedules.create(yearly("d"))).rejects.toMatchObject({
    ...{ code: "RESOURCE_EXHAUSTED", reason: "SCHEDULES_FULL" },
  });
  const listed = await Array.fromAsync(millrace.schedules.list({ queue }));
  expect(listed.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  for (const { id } of listed) await millrace.schedules.delete(id);
  await expect(
    millrace.schedules.create({ ...yearly("e"), job: { ...job, queue: "nowhere" } }),
  ).rejects.toMatchObject({ reason: "QUEUE_NOT_FOUND" });
});

test("the command line shows the next five times in the schedule's zone and in UTC", async () => {
  const created = await Array.fromAsync(
    cliLines(
      ...["schedules", "create", "morning", "none", "--cron", "0 9 * * *"],
      ...["--time-zone", "Australia/Lord_Howe", "--payload", '{"a":1}'],
    ),
  );
  const { id } = created[0] as { id: string };
  expect(created[0]).toMatchObject({ cron: "0 9 * * *", job: { payload: { a: 1 } } });
  const [updated] = await Array.fromAsync(cliLines("schedules", "update", id, "--every", "15m"));
  expect(updated).toMatchObject({ intervalMs: 900_000 });
  const [paused] = await Array.fromAsync(cliLines("schedules", "pause", id, "--note", "because"));
  expect(paused).toMatchObject({ paused: true, pauseNote: "because" });
  await Array.fromAsync(cliLines("schedules", "resume", id));
  const [run] = await Array.fromAsync(cliLines("schedules", "run", id));
  expect(await millrace.getJob((run as { jobId: string }).jobId)).toMatchObject({ scheduleId: id });
  const [listed] = await Array.fromAsync(cliLines("schedules", "list"));
  expect(listed).toMatchObject({ id, runs: 1 });
  await Array.fromAsync(cliLines("schedules", "delete", id));
});

test("the configuration file declares schedules, and its faults are named by line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-schedules-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "millrace.yaml");
  const declare = async (cron: string) => {
    const lines = [
      ...["schedules:", `  - key_id: "${keyId}"`, "    spec:", "      name: declared"],
      ...[`      cron: "${cron}"`, "      time_zone: Europe/Berlin", "      overlap: buffer_one"],
      ...["      job:", `        queue: ${queue}`, "        type: none"],
      ...["        payload_struct: { n: 5, list: [a] }", "        labels: { a: b }"],
    ];
    await writeFile(file, lines.join("\n"));
    return Array.fromAsync(cliLines("config", "apply", file));
  };
  await declare("0 4 * * *");
  const [schedule] = await Array.fromAsync(millrace.schedules.list({ queue }));
  expect(schedule).toMatchObject({
    ...{ name: "declared", overlap: "buffer_one", cron: "0 4 * * *" },
    job: { payload: { n: 5, list: ["a"] }, labels: { a: "b" } },
  });
  await millrace.schedules.pause(String(schedule?.id), { note: "by hand" });
  await declare("0 5 * * *");
  const changed = await millrace.schedules.get(String(schedule?.id));
  expect(changed).toMatchObject({ cron: "0 5 * * *", paused: true, pauseNote: "by hand" });
  await expect(declare("0 0 30 2 *")).rejects.toThrow();
  const refused = [
    `millrace: ${file} was not applied, and nothing was changed:`,
    `  ${file}:5:7: schedules[0].spec.cron: "0 0 30 2 *" is never due: no date matches it, as for the 30th of February`,
  ];
  expect(await millraceSays("config", "apply", file)).toEqual({
    ...{ code: 2, stderr: `${refused.join("\n")}\n` },
  });
});

test("the command line warns of a cron expression that is due each second", async () => {
  const warning =
    'warning: cron: "* * * * * *" is due every 1 s. The first of six fields is the second: leave it out if you mean minutes\n';
  const id = `${queue}~${keyId}~tick`;
  const create = ["schedules", "create", "tick", "none", "--cron"];
  expect(await millraceSays(...create, "* * * * * *")).toEqual({ code: 0, stderr: warning });
  const update = ["schedules", "update", id, "--cron"];
  expect(await millraceSays(...update, "0 * * * *")).toEqual({ code: 0, stderr: "" });
  expect(await millraceSays(...update, "* * * * * *")).toEqual({ code: 0, stderr: warning });
  await millrace.schedules.delete(id);
});
