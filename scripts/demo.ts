// `npm run demo`: starts a system for the demo only, makes one large PDF and submits one job.
import { relative, resolve } from "node:path";
import { connectMillrace, type Job, type Millrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { typesetMobyDick } from "./moby-dick.ts";
import { runScript, say } from "./run-script.ts";
import { warningIn } from "./service-log.ts";
import { statusLine, wordWrap } from "./terminal.ts";

const STOPPED = 130;

await runScript(STOPPED, async ({ parts, stopping }) => {
  const folder = resolve(process.env.MILLRACE_LOCAL_DIR || ".millrace");
  const file = relative("", `${folder}/moby-dick.pdf`);
  say("starting Redis, a scheduler, a gateway and a worker");
  let running = false;
  const system = parts.use(
    await startSystem({
      log(line, service) {
        const warning = warningIn(line, service);
        // The reason why a service does not start is in the error that it ends with.
        if (running && warning !== undefined) say(warning);
      },
    }),
  );
  stopping.throwIfAborted();
  running = true;
  say(`gateway    ${system.gatewayTarget()}`);
  const pages = await typesetMobyDick(file);
  if (pages !== undefined)
    say(`typeset    Moby-Dick, ${pages} pages (once: the next demo reuses it)`);
  stopping.throwIfAborted();

  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  parts.defer(() => millrace.close());
  const { id, sizeBytes } = await millrace.uploadDocument(file, { signal: stopping });
  say(`uploaded   ${file} (${(sizeBytes / 1e6).toFixed(1)} MB) as ${id}`);
  const { jobId } = await millrace.submit({
    queue: "documents",
    type: "summarize",
    documentIds: [id],
  });
  say(`submitted  job ${jobId}\n`);
  const job = await follow(millrace, jobId, stopping);
  const took = `waited ${seconds(job.submitTime, job.startTime)}, ran ${seconds(job.startTime, job.finishTime)}`;
  if (job.state !== "SUCCEEDED") {
    throw new Error(
      `the job ended as ${job.state} (${took}): ${job.failure?.message ?? "no reason given"}`,
    );
  }
  const { pages: read, parts: summarised } = job.result as { pages: number; parts: number };
  say(`succeeded  ${read} pages in ${summarised} parts: ${took}`);
});

/** Shows the job's progress, and its text as it is written, until its final state. */
async function follow(millrace: Millrace, jobId: string, signal: AbortSignal): Promise<Job> {
  const status = statusLine(process.stdout);
  const text = wordWrap(process.stdout);
  let tenths = "";
  let job: Job | undefined;
  for await (const event of millrace.watch(jobId, { signal })) {
    if (event.kind === "job") {
      job = event.job;
    } else if (event.kind === "progress") {
      const { done, total, message } = event;
      // Without a total, progress has no tenths, and each report counts as a milestone.
      const now = `${message} ${total === 0 ? done : Math.floor((10 * done) / total)}`;
      status.show(`${message}: ${done}${total === 0 ? "" : ` of ${total}`}`, now !== tenths);
      tenths = now;
    } else if (event.kind === "text") {
      status.clear();
      text.write(event.text);
    } else if (event.kind === "reset") {
      status.clear();
      text.end();
      console.log("\n(a new attempt begins)\n");
    }
  }
  status.clear();
  text.end();
  console.log();
  if (job === undefined) throw new Error(`the gateway reported nothing about job ${jobId}`);
  return job;
}

function seconds(from: Date | undefined, to: Date | undefined): string {
  if (from === undefined || to === undefined) return "not at all";
  return `${((to.getTime() - from.getTime()) / 1_000).toFixed(1)} s`;
}
