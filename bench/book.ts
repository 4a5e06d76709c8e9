/**
 * How does a summary of a whole book end when its provider or its workers fail? `node bench/book.ts [runs]`
 *
 * Real processes summarise Moby-Dick against a provider that behaves as configured, over real HTTP:
 * - rate limit: 30 calls in 20 s, then 429 with Retry-After. How many calls more than parts, and how long?
 * - 2 % and 10 % of calls fail with 500. How many runs succeed, with how many calls more than parts?
 * - workers are killed (SIGKILL) every 5 s, and new ones start. The same.
 * - one worker and two. The ratio of the times, in turns.
 */

import { connectMillrace, type Job } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { systemRandom } from "@millrace/shared";
import { type ProviderReply, refuse, startProviderSimulator } from "@millrace/testing";
import { typesetMobyDick } from "../scripts/moby-dick.ts";
import { numberArgument } from "./parts/arguments.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";

const RUNS = numberArgument(0, 20);
const FILE = ".millrace/moby-dick.pdf";
/** How long a call of the provider takes. */
const CALL_MS = 300;

const summary = (number: number): ProviderReply => ({
  kind: "answer",
  pieces: [`Part ${number} tells of the whale, of the sea, and of the captain who hunts it.`],
  pauseMs: CALL_MS / 2,
});
const broken = refuse(500, "server_error", {});

interface BookRun {
  readonly state: Job["state"];
  readonly parts: number;
  readonly calls: number;
  readonly seconds: number;
  readonly failure?: string;
}

await typesetMobyDick(FILE);

/** A system whose workers call the provider, and a function that summarises the book once. */
async function startBook(behave: () => ProviderReply, workers: number) {
  let calls = 0;
  const provider = await startProviderSimulator(() => {
    calls += 1;
    return behave();
  });
  const system = await startSystem({
    workers,
    settings: {
      scheduler: { MILLRACE_LEASE_MS: "3000", MILLRACE_REAP_EVERY_MS: "200" },
      worker: {
        ...{ MILLRACE_PROVIDER: "openai", MILLRACE_MODEL: "m", MILLRACE_REASONING_TOKENS: "0" },
        ...{ OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: "a key" },
      },
    },
  });
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  const { id } = await millrace.uploadDocument(FILE);
  const summarise = async (partTokens: number): Promise<BookRun> => {
    calls = 0;
    const startedMs = performance.now();
    const { jobId } = await millrace.submit({
      ...{ queue: "documents", type: "summarize", documentIds: [id], payload: { partTokens } },
    });
    let job: Job | undefined;
    for await (const event of millrace.watch(jobId)) if (event.kind === "job") job = event.job;
    const { parts = 0 } = (job?.result ?? {}) as { readonly parts?: number };
    const seconds = (performance.now() - startedMs) / 1_000;
    const state = job?.state ?? "QUEUED";
    const failure = job?.failure?.message;
    return { state, parts, calls, seconds, ...(failure === undefined ? {} : { failure }) };
  };
  return {
    system,
    summarise,
    async [Symbol.asyncDispose]() {
      await millrace.close();
      await system[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

function say(what: string, { state, parts, calls, seconds, failure = "" }: BookRun): BookRun {
  console.log(
    `  ${what.padEnd(28)} ${state} ${parts} parts, ${calls} calls, ${seconds.toFixed(1)} s ${failure}`,
  );
  return { state, parts, calls, seconds: rounded(seconds), ...(failure === "" ? {} : { failure }) };
}

/** 30 calls in 20 s, by windows that begin with the first call. */
function rateLimited(): () => ProviderReply {
  const [limit, windowMs] = [30, 20_000];
  let startedMs = Number.NEGATIVE_INFINITY;
  let used = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - startedMs >= windowMs) [startedMs, used] = [nowMs, 0];
    used += 1;
    if (used <= limit) return summary(used);
    const retryAfter = Math.ceil((windowMs - (nowMs - startedMs)) / 1_000);
    return refuse(429, "rate_limit_exceeded", { "retry-after": String(retryAfter) });
  };
}

/** Kills a worker every 5 s, and starts another. */
async function killing(system: LocalSystem, until: AbortSignal): Promise<number> {
  const { setTimeout: wait } = await import("node:timers/promises");
  let killed = 0;
  const workers = [...system.workers];
  while (!until.aborted) {
    await wait(5_000, undefined, { signal: until }).catch(() => undefined);
    if (until.aborted) break;
    workers.push(await system.addWorker());
    await workers.shift()?.kill();
    killed += 1;
  }
  return killed;
}

const results: Record<string, unknown> = {};

console.log("30 calls in 20 s, one worker");
{
  await using book = await startBook(rateLimited(), 1);
  results.rateLimit = say("43 parts", await book.summarise(6_700));
}

for (const percent of [2, 10]) {
  console.log(`${percent} % of calls fail, two workers`);
  const behave = () => (systemRandom.next() * 100 < percent ? broken : summary(1));
  await using book = await startBook(behave, 2);
  const runs: BookRun[] = [];
  for (let run = 1; run <= RUNS; run += 1)
    runs.push(say(`run ${run}`, await book.summarise(2_180)));
  const good = runs.filter(({ state }) => state === "SUCCEEDED");
  const more = good.map(({ calls, parts }) => calls / parts - 1);
  results[`failing${percent}`] = {
    ...{ runs: runs.length, succeeded: good.length, parts: median(good.map(({ parts }) => parts)) },
    moreCallsThanParts: { median: rounded(median(more)), max: rounded(Math.max(...more)) },
  };
}

console.log("a worker of two is killed every 5 s");
{
  await using book = await startBook(() => summary(1), 2);
  const stop = new AbortController();
  const kills = killing(book.system, stop.signal);
  const runs: BookRun[] = [];
  for (let run = 1; run <= RUNS; run += 1)
    runs.push(say(`run ${run}`, await book.summarise(2_180)));
  stop.abort();
  const good = runs.filter(({ state }) => state === "SUCCEEDED");
  const more = good.map(({ calls, parts }) => calls / parts - 1);
  results.killed = {
    ...{ runs: runs.length, succeeded: good.length, kills: await kills },
    moreCallsThanParts: { median: rounded(median(more)), max: rounded(Math.max(...more)) },
  };
}

console.log("one worker and two, in turns");
{
  await using one = await startBook(() => summary(1), 1);
  await using two = await startBook(() => summary(1), 2);
  const ratios: number[] = [];
  for (let run = 1; run <= Math.min(5, RUNS); run += 1) {
    const alone = say("one worker", await one.summarise(2_180));
    const shared = say("two workers", await two.summarise(2_180));
    ratios.push(shared.seconds / alone.seconds);
  }
  results.twoWorkers = { ratio: rounded(median(ratios)), ratios: ratios.map(rounded) };
}

console.log(JSON.stringify(results, null, 2));
keep("book", {
  question: "a summary of a book, when the provider or the workers fail",
  ...circumstances(""),
  callMs: CALL_MS,
  results,
});
