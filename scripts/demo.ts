// `npm run demo`: starts a system for the demo only, makes one large PDF and submits one job, whose parts are shared by two
// workers. It kills one of them in the middle.
import { relative, resolve } from "node:path";
import { connectMillrace, type Job, type Millrace } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { typesetMobyDick } from "./moby-dick.ts";
import { runScript, say } from "./run-script.ts";
import { warningIn } from "./service-log.ts";
import { statusLine, wordWrap } from "./terminal.ts";

const STOPPED = 130;

await runScript(STOPPED, async ({ parts, stopping }) => {
  const folder = resolve(process.env.MILLRACE_LOCAL_DIR || ".millrace");
  const file = relative("", `${folder}/moby-dick.pdf`);
  say("starting Redis, a scheduler, a gateway and two workers");
  const status = statusLine(process.stdout);
  let running = false;
  const system = parts.use(
    await startSystem({
      workers: 2,
      log(line, service) {
        const warning = warningIn(line, service);
        // The reason why a service does not start is in the error that it ends with.
        if (!running || warning === undefined) return;
        status.clear();
        say(warning);
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
  const job = await follow({ millrace, system, status, jobId, signal: stopping });
  const took = seconds(job.submitTime, job.finishTime);
  if (job.state !== "SUCCEEDED") {
    throw new Error(
      `the job ended as ${job.state} (${took}): ${job.failure?.message ?? "no reason given"}`,
    );
  }
  const { pages: read, parts: summarised } = job.result as { pages: number; parts: number };
  say(`succeeded  ${read} pages in ${summarised} parts: ${took}`);
});

interface Followed {
  readonly millrace: Millrace;
  readonly system: LocalSystem;
  readonly status: ReturnType<typeof statusLine>;
  readonly jobId: string;
  readonly signal: AbortSignal;
}

/** Shows how many of the job's parts are done, and kills a worker in the middle of the first round. Ends with the parts. */
async function followParts(
  groupId: string,
  { millrace, system, status, signal, isFirst }: Followed & { readonly isFirst: boolean },
): Promise<void> {
  let killed = !isFirst;
  let tenths = -1;
  for await (const { progress } of millrace.group(groupId).watch({ signal })) {
    const { total, succeeded } = progress;
    const now = Math.floor((10 * succeeded) / Math.max(1, total));
    status.show(`summarising parts: ${succeeded} of ${total}`, now !== tenths);
    tenths = now;
    if (killed || succeeded * 2 < total) continue;
    killed = true;
    await system.workers[0]?.kill();
    status.clear();
    say("killed     a worker: its parts run again in the other one");
  }
}

/** Shows the job's progress, and its text as it is written, until its final state. */
async function follow(followed: Followed): Promise<Job> {
  const { millrace, status, jobId, signal } = followed;
  const text = wordWrap(process.stdout);
  let tenths = "";
  let hasText = false;
  let job: Job | undefined;
  for await (const event of millrace.watch(jobId, { signal })) {
    if (event.kind === "job") {
      job = event.job;
      const { state, childGroupIds } = job;
      const groupId = childGroupIds.at(-1);
      if (state === "WAITING" && groupId !== undefined) {
        const isFirst = childGroupIds.length === 1;
        await followParts(groupId, { ...followed, isFirst });
      }
    } else if (event.kind === "progress") {
      const { done, total, message } = event;
      // Without a total, progress has no tenths, and each report counts as a milestone.
      const now = `${message} ${total === 0 ? done : Math.floor((10 * done) / total)}`;
      status.show(`${message}: ${done}${total === 0 ? "" : ` of ${total}`}`, now !== tenths);
      tenths = now;
    } else if (event.kind === "text") {
      status.clear();
      hasText = true;
      text.write(event.text);
    } else if (event.kind === "reset" && hasText) {
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
