/** The scripts of this backend: BullMQ's own, unchanged, in a frame that shows them groups; and some of its own. */
import type { IRedisClient } from "bullmq";
// @ts-expect-error BullMQ exports its scripts only within its package, and declares nothing for this file.
import exported from "bullmq/dist/cjs/scripts/index.js";
import { loadScript } from "./load-script.ts";

const bullScripts: Readonly<
  Record<string, { readonly name: string; readonly keys: number; readonly content: string }>
> = exported;

interface Command {
  readonly name: string;
  readonly numberOfKeys: number;
  readonly lua: string;
}

/** What the names of our commands have after BullMQ's version. BullMQ's own commands stay as they are. */
const SUFFIX = "+groups";

export const commandVersion = (version: string): string => version + SUFFIX;

export type OwnScript =
  | "add_jobs"
  | "adopt_jobs"
  | "hold_group"
  | "list_groups"
  | "read_group"
  | "recount_groups"
  | "release_jobs"
  | "set_limits";
const own: readonly OwnScript[] = [
  ...(["add_jobs", "adopt_jobs", "hold_group", "list_groups", "read_group"] as const),
  ...(["recount_groups", "release_jobs", "set_limits"] as const),
];

/**
 * BullMQ's scripts that neither read nor move waiting or running jobs, nor store or remove jobs. A script that is not in this
 * list is framed, which is always right.
 */
const unconcerned = new Set([
  ...[
    "addLog",
    "changeDelay",
    "extendLock",
    "extendLocks",
    "getDependencyCounts",
    "getJobScheduler",
  ],
  ...["getMetrics", "getRateLimitTtl", "isFinished", "isMaxed", "paginate", "releaseLock"],
  ...["removeDeduplicationKey", "saveStacktrace", "updateData", "updateProgress"],
]);

/** Commands that cannot concern waiting or running jobs, because of the types that they are for. */
const DIRECT = [
  ...["XADD", "XTRIM", "HGET", "HMGET", "HGETALL", "HSET", "HDEL", "HEXISTS", "HINCRBY", "INCR"],
  ...["GET", "SET", "PTTL", "PEXPIRE", "SADD", "SREM", "SCARD", "SMEMBERS", "SISMEMBER"],
];
/** Their calls in BullMQ's scripts. Calls of other forms go through the frame, which is always right. */
const DIRECT_CALL = new RegExp(`\\brcall\\((["'])(${DIRECT.join("|")})\\1`, "g");
/** The scripts that delete no waiting job. */
const KEEPS_WAITING = new Set(["moveToActive", "moveToFinished"]);

const PLACE = "--- @bullmq";

/** One of BullMQ's scripts in a frame, followed by what calls it: by default once, with the script's own arguments. */
function framed(
  { name, content }: { readonly name: string; readonly content: string },
  text = `${loadScript("frame")}\nreturn bullmq(KEYS, ARGV)`,
): string {
  const [before, after, ...rest] = text.split(PLACE);
  if (before === undefined || after === undefined || rest.length > 0) {
    throw new Error(`lua/frame.lua must contain "${PLACE}" once`);
  }
  const direct = content.replaceAll(DIRECT_CALL, "direct($1$2$1");
  const script = KEEPS_WAITING.has(name)
    ? direct.replaceAll('rcall("DEL"', 'direct("DEL"')
    : direct;
  return `${before}\n${script}\n${after}`;
}

/** The script that finishes several jobs: its name, the number of its keys, and where those are that depend on the job. */
const FINISH_JOBS = "finish_jobs";
const FINISH_KEYS = 14;
const JOB_KEYS = [10, 13] as const;

function moveToFinished() {
  const script = Object.values(bullScripts).find(({ name }) => name === "moveToFinished");
  if (script?.keys !== FINISH_KEYS) {
    throw new Error(
      "@millrace/bullmq does not know this release of BullMQ: moveToFinished has other keys",
    );
  }
  return script;
}

export type Args = readonly (string | number | Buffer | undefined)[];

/** The call that does what these calls of moveToFinished do. */
export function finishJobs(calls: readonly Args[]): { readonly name: string; readonly args: Args } {
  const [first = []] = calls;
  const perJob = calls.flatMap((args) => [
    ...args.slice(...JOB_KEYS),
    ...args.slice(FINISH_KEYS).map((value) => value ?? ""),
  ]);
  return { name: FINISH_JOBS, args: [...first.slice(0, FINISH_KEYS), ...perJob] };
}

let commands: readonly Command[] | undefined;

/** Made once in a process, because each connection defines them. */
function allCommands(): readonly Command[] {
  commands ??= [
    ...Object.values(bullScripts)
      .filter(({ name }) => !name.startsWith("relay"))
      .map((script) => ({
        name: script.name,
        numberOfKeys: script.keys,
        lua: unconcerned.has(script.name) ? script.content : framed(script),
      })),
    {
      name: FINISH_JOBS,
      numberOfKeys: FINISH_KEYS,
      lua: framed(moveToFinished(), loadScript(FINISH_JOBS)),
    },
    ...own.map((name) => ({ name, numberOfKeys: 1, lua: loadScript(name) })),
  ];
  return commands;
}

/** Defines the commands on a client, once. */
export function defineCommands(client: IRedisClient, version: string): void {
  const defined = client as unknown as Readonly<Record<string, unknown>>;
  if (defined[`add_jobs:${version}`] !== undefined) return;
  for (const { name, numberOfKeys, lua } of allCommands()) {
    client.defineCommand(`${name}:${version}`, { numberOfKeys, lua });
  }
}
