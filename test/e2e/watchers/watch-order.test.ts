// What a job's stream promises to every client, whenever the client connects: the output comes first, the final
// state comes once and last, and a cut never looks like the end.
import type { LocalSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { httpCaller, startHttpSystem } from "../http-system.ts";
import { type Sent, watchers } from "./watchers.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

/** The worker may join consecutive pieces into one chunk. */
const words = ["Call ", "me ", "Ishmael."];
const inState = (state: string): Sent => ({ kind: "job", state: `JOB_STATE_${state}` });
const succeeded = inState("SUCCEEDED");

async function collect(sent: AsyncIterable<Sent>): Promise<Sent[]> {
  const all: Sent[] = [];
  for await (const one of sent) all.push(one);
  return all;
}

/** Returns the text that was sent, however it was split. Checks that each chunk follows the one before. */
function textIn(sent: readonly Sent[], from = 0): string {
  const output = sent.filter((one) => one.kind === "output");
  expect(output.map(({ offset }) => offset)).toEqual(output.map((_, index) => from + index));
  return output.map(({ text }) => text).join("");
}
/** Returns how many output chunks come before anything else. */
const textPieces = (sent: readonly Sent[]) => sent.findIndex(({ kind }) => kind !== "output");

const statesIn = (sent: readonly Sent[]) =>
  sent.flatMap((one) => (one.kind === "job" ? [one.state] : []));

/** Provides a queue and a key for one test, and jobs that are tried again at once. */
async function setup() {
  const caller = await httpCaller(system);
  const submit = async () => {
    const body = { retry: { initialBackoff: "0.001s" } };
    return ((await (await caller.postJob(body)).json()) as { id: string }).id;
  };
  const finished = async (jobId: string) => {
    await caller.call(`/v1/jobs/${jobId}?wait=30`);
  };
  /** Starts a worker that writes the words as fast as it can, and ends. */
  const startWriter = () => {
    const worker = startWorker({
      ...{ address: system.workerTarget, workerId: caller.queue, queues: [caller.queue] },
      ...{ slots: 4, clock, random },
      executors: {
        async held({ write }) {
          for (const word of words) await write(word);
        },
      },
    });
    onTestFinished(() => worker.drain(0));
  };
  return { ...caller, submit, finished, startWriter };
}

describe.each(watchers)("$name", ({ watch, skipped = false }) => {
  const it = test.skipIf(skipped);

  it("a watcher that connects before the job starts sees it wait, its output, and then its end", async () => {
    const { apiKey, submit, startWriter } = await setup();
    const jobId = await submit();
    const seen: Sent[] = [];
    for await (const one of watch({ system, apiKey, jobId })) {
      if (seen.push(one) === 1) startWriter();
    }
    expect(seen[0]).toEqual(inState("QUEUED"));
    expect(textIn(seen)).toBe(words.join(""));
    expect(seen.at(-1)).toEqual(succeeded);
    expect(statesIn(seen.slice(0, -1))).not.toContain("JOB_STATE_SUCCEEDED");
  });

  it("a watcher that connects right after each of 20 submissions sees all output", async () => {
    const { apiKey, submit, startWriter } = await setup();
    startWriter();
    for (let job = 0; job < 20; job += 1) {
      const seen = await collect(watch({ system, apiKey, jobId: await submit() }));
      expect(textIn(seen)).toBe(words.join(""));
      expect(seen.at(-1)).toEqual(succeeded);
      expect(statesIn(seen.slice(0, -1))).not.toContain("JOB_STATE_SUCCEEDED");
    }
  });

  it("a watcher that connects after the end gets the output and then only the final state", async () => {
    const { apiKey, submit, finished, startWorker: hold } = await setup();
    const { next } = hold();
    const jobId = await submit();
    const first = await next();
    await first.write("void");
    first.fail(new Error("again"));
    const second = await next();
    for (const word of words) await second.write(word);
    second.finish(1);
    await finished(jobId);
    const seen = await collect(watch({ system, apiKey, jobId }));
    expect(textIn(seen)).toBe(`voidreset${words.join("")}`);
    expect(seen.slice(textPieces(seen))).toEqual([succeeded]);
    const late = await collect(watch({ system, apiKey, jobId, from: 2 }));
    expect(textIn(late, 2)).toBe(words.join(""));
    expect(late.slice(textPieces(late))).toEqual([succeeded]);
    const last = await collect(watch({ system, apiKey, jobId, from: textPieces(seen) }));
    expect(last).toEqual([succeeded]);
  });

  it("a watcher sees the end of a job that is cancelled while it waits, before or after", async () => {
    const { apiKey, call, submit } = await setup();
    const jobId = await submit();
    const seen: Sent[] = [];
    for await (const one of watch({ system, apiKey, jobId })) {
      if (seen.push(one) === 1) await call(`/v1/jobs/${jobId}`, { method: "DELETE" });
    }
    expect(seen).toEqual([inState("QUEUED"), inState("CANCELLED")]);
    expect(await collect(watch({ system, apiKey, jobId }))).toEqual([inState("CANCELLED")]);
  });

  it.each(["stop", "kill"] as const)(
    "a gateway's %s does not look like the end, and the watch continues after what was seen",
    async (end) => {
      const { apiKey, submit, startWorker: hold } = await setup();
      const { next } = hold();
      const jobId = await submit();
      const held = await next();
      await held.write(words[0] ?? "");
      const seen: Sent[] = [];
      const [gateway] = system.gateways;
      let stopped: Promise<unknown> | undefined;
      const cut = async () => {
        for await (const one of watch({ system, apiKey, jobId })) {
          seen.push(one);
          if (one.kind === "output") stopped ??= gateway?.[end]();
        }
      };
      await expect(cut()).rejects.toThrow();
      expect(statesIn(seen)).toEqual(["JOB_STATE_RUNNING"]);
      expect(textIn(seen)).toBe(words[0]);
      await stopped;
      await gateway?.restart();
      for (const word of words.slice(1)) await held.write(word);
      const collected = collect(watch({ system, apiKey, jobId, from: 1 }));
      held.finish(1);
      const rest = await collected;
      expect(textIn(rest, 1)).toBe(words.slice(1).join(""));
      expect(rest.at(-1)).toEqual(succeeded);
    },
  );
});
