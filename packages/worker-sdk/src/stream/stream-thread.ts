/**
 * Runs in the stream thread: holds the Work streams of all workers of the process and watches the main thread's
 * event loop.
 */
import { writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { parentPort } from "node:worker_threads";
import { systemClock } from "@millrace/shared";
import { StreamLink } from "./stream-link.ts";
import type { BlockedJob, FromThread, ToThread } from "./thread-messages.ts";

/** How often the stream thread checks the main thread. */
const LOOK_MS = 1_000;
/** After this time without an answer the main thread counts as blocked. It is well below a lease's time. */
const BLOCKED_MS = 5_000;
/** The most jobs that are named for one block. */
const LINES = 20;

const links = new Set<StreamLink>();
/** When the check was sent that is not answered yet. */
let unansweredSince: number | undefined;
let blocked = false;

/** Writes log lines directly to standard error, because the main thread cannot write its log now. */
function warn(msg: string, jobs: readonly BlockedJob[]): void {
  const time = new Date(systemClock.nowMs()).toISOString();
  for (const { jobId, type } of jobs.slice(0, LINES)) {
    try {
      writeSync(2, `${JSON.stringify({ level: "warn", time, job_id: jobId, type, msg })}\n`);
    } catch {
      // Standard error is closed, so the lines cannot be reported at all.
      return;
    }
  }
}

const oneOf = (jobs: readonly BlockedJob[]) =>
  jobs.length === 1 ? "this job runs" : `one of ${jobs.length} jobs that run`;

function look(): void {
  if (unansweredSince === undefined) {
    unansweredSince = performance.now();
    parentPort?.postMessage({ kind: "look" } satisfies FromThread);
  }
  const blockedMs = performance.now() - unansweredSince;
  if (blockedMs >= BLOCKED_MS) {
    if (!blocked) for (const link of links) link.block();
    const jobs = [...links].flatMap((link) => link.blockedJobs);
    if (!blocked) {
      const seconds = Math.round(blockedMs / 1_000);
      warn(`the event loop has been blocked for ${seconds} s: ${oneOf(jobs)}`, jobs);
    }
    blocked = true;
    for (const link of links) {
      if (!link.giveUpAfter(blockedMs)) continue;
      const seconds = Math.round(blockedMs / 1_000);
      warn(`blocked for ${seconds} s: the lease is no longer renewed`, link.blockedJobs);
    }
  }
  systemClock.after(LOOK_MS, look);
}

function awake(): void {
  const blockedMs = unansweredSince === undefined ? 0 : performance.now() - unansweredSince;
  unansweredSince = undefined;
  if (!blocked) return;
  blocked = false;
  for (const link of links) link.unblock(blockedMs);
}

parentPort?.on("message", (message: ToThread) => {
  if (message.kind === "awake") return awake();
  const { port, address, maxBlockedMs } = message;
  const link = new StreamLink(port, address, maxBlockedMs);
  links.add(link);
  port.once("close", () => {
    link.close();
    links.delete(link);
  });
});
look();
