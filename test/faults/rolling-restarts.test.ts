/**
 * Tests that every service can be replaced, one after another, while callers use every kind of call.
 * docs/retries.md says what callers do about it.
 */
import { connectMillrace, type Job } from "@millrace/client";
import { JobState } from "@millrace/proto/job";
import { sleep, systemClock } from "@millrace/shared";
import { answer, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { Journal } from "./journal.ts";
import { Rounds } from "./rounds.ts";
import { adminOf, callerAt, startForTest } from "./setup.ts";

const PIECES = ["The ", "sea ", "was ", "calm."];
const TEXT = PIECES.join("");
/** Long enough that attempts are under way whenever a service stops. */
const PAUSE_MS = 60;
const job = {
  queue: "documents",
  type: "chat",
  payload: { messages: [{ role: "user", content: "How was the sea?" }] },
};

async function setup() {
  const provider = await startProviderSimulator(() => ({
    ...answer(...PIECES),
    pauseMs: PAUSE_MS,
  }));
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const { system } = await startForTest({
    ...{ schedulers: 2, gateways: 2, workers: 2 },
    settings: {
      worker: {
        MILLRACE_SLOTS: "16",
        MILLRACE_PROVIDER: "openai",
        OPENAI_BASE_URL: provider.url,
        OPENAI_API_KEY: "a key",
      },
    },
  });
  const millrace = connectMillrace({
    address: system.gateways.map(({ addresses }) => addresses.address ?? ""),
    apiKey: system.apiKey,
  });
  onTestFinished(() => millrace.close());
  return { system, millrace, load: new Rounds() };
}

/** Makes a call over HTTP as docs/retries.md describes: a call that got no answer is sent to the next gateway. */
async function send(urls: readonly string[], path: string, init: RequestInit): Promise<Response> {
  for (let tried = 0; ; tried += 1) {
    const response = await fetch(`${urls[tried % urls.length]}${path}`, init).catch(
      () => undefined,
    );
    if (response !== undefined && response.status !== 503) return response;
    await response?.body?.cancel();
    await sleep(systemClock, Number(response?.headers.get("retry-after") ?? 0.05) * 1_000);
  }
}

test("no call fails and no attempt is spent while every service is replaced one by one", async () => {
  const { system, millrace, load } = await setup();
  const expected = {
    state: "SUCCEEDED",
    attempt: 1,
    stalls: 0,
    bounces: 0,
    result: { text: TEXT },
  };
  const jobIds = new Set<string>();
  const succeeded = (ended: Pick<Job, "id">) => {
    expect(ended).toMatchObject(expected);
    jobIds.add(ended.id);
  };

  load.start("run", async (n) => {
    succeeded(await millrace.run({ ...job, idempotencyKey: `run-${n}` }));
  });
  load.start("submit, look, wait", async (n) => {
    const { jobId } = await millrace.submit({ ...job, idempotencyKey: `wait-${n}` });
    await Promise.all([millrace.getJob(jobId), millrace.explain(jobId)]);
    for await (const listed of millrace.list({ queue: "documents", pageSize: 10 })) {
      if (listed.id === jobId) break;
    }
    succeeded(await millrace.wait(jobId));
  });
  load.start("submit, watch", async (n) => {
    const { jobId } = await millrace.submit({ ...job, idempotencyKey: `watch-${n}` });
    let text = "";
    for await (const event of millrace.watch(jobId)) {
      if (event.kind === "text") text += event.text;
      else if (event.kind === "job" && event.job.state === "SUCCEEDED") succeeded(event.job);
    }
    expect(text).toBe(TEXT);
  });
  load.start("upload, download", async (n) => {
    const content = `The sea, chapter ${n}.`;
    const { id } = await millrace.uploadDocument(Buffer.from(content));
    const pieces = await Array.fromAsync(millrace.downloadDocument(id));
    expect(Buffer.concat(pieces).toString()).toBe(content);
    // These calls are fast, and the pause leaves time for the others.
    await sleep(systemClock, PAUSE_MS);
  });
  const urls = system.gateways.map(({ addresses }) => `http://${addresses.http}`);
  load.start("HTTP", async (n) => {
    const authorization = `Bearer ${system.apiKey}`;
    const headers = { authorization, "content-type": "application/json" };
    const key = { "idempotency-key": `http-${n}`, prefer: "wait=10" };
    const body = JSON.stringify(job);
    const posted = await send(urls, "/v1/jobs", {
      method: "POST",
      headers: { ...headers, ...key },
      body,
    });
    expect([200, 202]).toContain(posted.status);
    let read = (await posted.json()) as { id: string; state: string };
    while (read.state !== "JOB_STATE_SUCCEEDED") {
      const answered = await send(urls, `/v1/jobs/${read.id}?wait=10`, { headers });
      expect(answered.status).toBe(200);
      read = (await answered.json()) as typeof read;
    }
    expect(read).toMatchObject({ attempt: 1, stalls: 0, bounces: 0, result: { text: TEXT } });
    jobIds.add(read.id);
  });
  const caller = callerAt(system.gatewayTarget(), system.apiKey);
  const journal = new Journal(caller);
  load.start("plain gRPC", async () => {
    const end = await journal.follow(await journal.submit({ ...job, payload: payloadOf(job) }));
    expect(end).toMatchObject({ state: JobState.SUCCEEDED, attempt: 1, stalls: 0, bounces: 0 });
    jobIds.add(end.id);
  });

  await load.more(2);
  for (const service of [...system.schedulers, ...system.gateways, ...system.workers]) {
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    await load.more(1);
    await service.restart();
    await load.more(2);
  }
  await load.end();

  // Every requested job was done once, and the store is consistent.
  const listed = await Array.fromAsync(millrace.list({ queue: "documents", pageSize: 500 }));
  expect(new Set(listed.map(({ id }) => id))).toEqual(jobIds);
  const findings: unknown[] = [];
  for await (const message of adminOf(system).audit({})) findings.push(...message.findings);
  expect(findings).toEqual([]);
}, 180_000);

const payloadOf = ({ payload }: typeof job) => ({
  case: "payloadJson" as const,
  value: JSON.stringify(payload),
});
