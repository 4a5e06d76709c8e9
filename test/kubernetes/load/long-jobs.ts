// Submits jobs that run for long, writes a line, and cancels them when it reads one. It writes how many it has cancelled.
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface LongJobs {
  /** The gateway, for HTTP. */
  readonly http: string;
  readonly apiKey: string;
  readonly queue: string;
  readonly jobs: number;
  readonly jobMs: number;
}

const options = JSON.parse(String(process.env.LOAD)) as LongJobs;
const { http, apiKey, queue, jobMs } = options;
const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
const job = JSON.stringify({ queue, type: "dawdle", payload: { ms: jobMs } });

const ids: string[] = [];
while (ids.length < options.jobs) {
  const answer = await fetch(`${http}/v1/jobs`, { method: "POST", headers, body: job });
  ids.push(((await answer.json()) as { readonly id: string }).id);
}
process.stdout.write("submitted\n");
await once(createInterface({ input: process.stdin }), "line");
const ends = await Promise.all(
  ids.map((id) => fetch(`${http}/v1/jobs/${id}`, { method: "DELETE", headers })),
);
process.stdout.write(`${ends.filter(({ ok }) => ok).length}\n`);
process.exit();
