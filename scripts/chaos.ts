// `npm run chaos`: breaks a working Millrace again and again, and proves that it keeps its promises.
import { appendFileSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "@millrace/shared";
import { runRound } from "../test/faults/storm/round.ts";
import { reportOf, Tally } from "../test/faults/storm/tally.ts";
import { runScript, say } from "./run-script.ts";
import { statusLine } from "./terminal.ts";

const STOPPED = 130;
/**
 * The jobs of a round are few enough that Redis and the callers' ledger stay small, and many enough for some
 * hundred faults.
 */
const ROUND_JOBS = 20_000;
const ROUND_FAULTS = 100;
const SHOW_EVERY_MS = 1_000;
const MILESTONE_MS = 30_000;

await runScript(STOPPED, async ({ stopping }) => {
  const clock = systemClock;
  const startedMs = clock.nowMs();
  const { values } = parseArgs({
    options: {
      minutes: { type: "string" },
      jobs: { type: "string" },
      faults: { type: "string" },
      seed: { type: "string" },
      profile: { type: "string", default: "always" },
    },
  });
  const whole = (name: "minutes" | "jobs" | "faults" | "seed"): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new Error(`--${name} must be a whole number, but is ${text}`);
  };
  const { profile } = values;
  if (profile !== "always" && profile !== "everysec") {
    throw new Error(`--profile must be always or everysec, but is ${profile}`);
  }
  const seed = whole("seed") ?? startedMs % 1_000_000_000;
  const wanted = { jobs: whole("jobs"), faults: whole("faults") };
  const bounded = wanted.jobs !== undefined || wanted.faults !== undefined;
  const minutes = whole("minutes") ?? (bounded ? undefined : 30);
  const timesUp = new AbortController();
  if (minutes !== undefined) clock.after(minutes * 60_000, () => timesUp.abort());
  const until = AbortSignal.any([stopping, timesUp.signal]);

  const logs = resolve(process.env.MILLRACE_LOCAL_DIR || ".millrace", "logs");
  mkdirSync(logs, { recursive: true });
  const logFile = `${logs}/chaos-${seed}.log`;
  say(`seed ${seed}; the services' logs are in ${logFile}`);

  const tally = new Tally();
  const status = statusLine(process.stdout);
  let nextMilestoneMs = 0;
  const show = () => {
    const nowMs = clock.nowMs();
    const milestone = nowMs >= nextMilestoneMs;
    if (milestone) nextMilestoneMs = nowMs + MILESTONE_MS;
    const minute = ((nowMs - startedMs) / 60_000).toFixed(1);
    const text = `${minute} min, round ${tally.rounds + 1}: ${tally.ended} of ${tally.acknowledged} jobs have ended, ${tally.faults} faults`;
    status.show(text, milestone);
    timer = clock.after(SHOW_EVERY_MS, show);
  };
  let timer = clock.after(0, show);

  const left = () => ({
    jobs: Math.max(0, (wanted.jobs ?? 0) - tally.acknowledged),
    faults: Math.max(0, (wanted.faults ?? 0) - tally.faults),
  });
  const isOver = () =>
    until.aborted || tally.wrong.length > 0 || (bounded && left().jobs + left().faults === 0);
  while (!isOver()) {
    await runRound({
      ...{ seed: seed + tally.rounds, callers: 200, injectors: 3, until, profile, clock, tally },
      jobs: bounded ? Math.min(ROUND_JOBS, left().jobs) : ROUND_JOBS,
      faults: bounded ? Math.min(ROUND_FAULTS, left().faults) : ROUND_FAULTS,
      log(line, service) {
        if (!line.startsWith(`{"level":"info"`)) appendFileSync(logFile, `${service} ${line}\n`);
      },
    });
  }
  timer.cancel();
  status.clear();
  console.log(`\n${reportOf(tally, seed, clock.nowMs() - startedMs)}\n`);
  const maxMb = Math.round(process.resourceUsage().maxRSS / 1_024);
  say(`the callers, their ledger and the proxies used at most ${maxMb} MB`);
  if (tally.wrong.length > 0) throw new Error(`${tally.wrong.length} promises were broken`);
});
