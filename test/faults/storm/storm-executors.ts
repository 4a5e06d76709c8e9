/** What the storm's workers do with each type of job. */
import { sleep, systemClock } from "@millrace/shared";
import {
  type ChildResult,
  type Executor,
  JobFailure,
  NonRetryableError,
} from "@millrace/worker-sdk";
import { type FanOutGiven, type FanOutWork, givenOf } from "./fan-outs.ts";
import { type Report, tooEarly } from "./groups.ts";
import { REJECTED } from "./models.ts";
import { piece, type Work } from "./work.ts";

const { PROVIDER = "" } = process.env;
/** After this time without an answer the provider counts as down. */
const SILENCE_MS = 1_000;

/** Calls the provider of a job's account, and reports its failures. */
async function callProvider(account: string, model: string, signal: AbortSignal): Promise<void> {
  const failed = (httpStatus: number, cause?: unknown, quotaExhausted = false) => {
    const rejected = quotaExhausted || httpStatus === 401 || httpStatus === 403;
    const reason = rejected ? REJECTED : "PROVIDER_ERROR";
    return new JobFailure(reason, `the provider answered ${httpStatus}`, !rejected, {
      ...{ provider: { account, httpStatus, quotaExhausted }, cause },
    });
  };
  const body = JSON.stringify({ model, messages: [] });
  let status = 0;
  let text = "";
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]);
    const call = { method: "POST", body, signal: either };
    const response = await fetch(`${PROVIDER}/chat/completions`, call);
    text = await response.text();
    status = response.status;
  } catch (error) {
    signal.throwIfAborted();
    throw failed(0, error);
  }
  if (status !== 200) throw failed(status, undefined, text.includes("insufficient_quota"));
}

/** Does what the payload says. */
export const work: Executor = async (context) => {
  const { payload, attempt, signal, write, pool, account, providerModel, addUsage } = context;
  const { n, pieces, pauseMs, failures, fatal } = payload as Work;
  if (account !== "") await callProvider(account, providerModel, signal);
  else if (pool !== "") await callProvider(pool, pool, signal);
  if (account !== "" || pool !== "") {
    addUsage({ inputTokens: 100 + n, cachedInputTokens: 50, outputTokens: 7, providerCalls: 1 });
  }
  let text = "";
  for (let i = 0; i < pieces; i += 1) {
    if (pauseMs > 0) await sleep(systemClock, pauseMs, signal);
    signal.throwIfAborted();
    const written = piece(n, attempt, process.pid, i);
    await write(written);
    text += written;
    if (fatal) throw new NonRetryableError("FATAL", "the payload asks for this failure");
    if (attempt <= failures) throw new Error("the payload asks for this failure");
  }
  return account === "" ? { text } : { text, called: `${account} ${providerModel}` };
};

/**
 * Fans out as the payload says, and returns what the children gave. The second fan-out names the children of the
 * first one, so that it differs if the same fan-out had other children in another run.
 */
export const divide: Executor = async ({ payload, attempt, write, fanOut }) => {
  const { n, fanOuts } = payload as FanOutWork;
  let text = piece(n, attempt, process.pid, 0);
  await write(text);
  const results: FanOutGiven[] = [];
  for (const { parts, ...options } of fanOuts) {
    const after = results.flatMap(({ given }) => given.map(({ jobId }) => jobId));
    const { met, groupId, children } = await fanOut(
      parts.map((part) => ({ ...part, payload: { ...part.payload, after }, maxAttempts: 25 })),
      options,
    );
    results.push({ groupId, met, given: children.map(givenOf) });
  }
  const last = piece(n, attempt, process.pid, 1);
  await write(last);
  text += last;
  return { text, fanOuts: results };
};

/** The finalizer of a group. It returns what the children gave, and fails for good if it runs too early. */
export const report: Executor = async ({ payload, attempt, write, children, finalizesGroupId }) => {
  const read: ChildResult[] = [];
  for await (const child of children()) read.push(child);
  const early = tooEarly(payload as Report, read);
  if (early !== undefined) throw new NonRetryableError("EARLY", early);
  const text = piece((payload as Report).n, attempt, process.pid, 0);
  await write(text);
  return { text, groupId: finalizesGroupId, given: read.map(givenOf) };
};
