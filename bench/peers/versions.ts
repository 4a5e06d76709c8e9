import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, inRuby } from "./contenders.ts";

const programs = join(import.meta.dirname, "programs");
const read = (path: string) => readFileSync(join(programs, path), "utf8");

const inGo = (module: string, folder = "go") =>
  new RegExp(`${module} v(\\S+)`).exec(read(`${folder}/go.mod`))?.[1];

/** Not pinned, because it may be the system's version. */
function ofSidekiq(): string | undefined {
  const [program, ...args] = [...inRuby, "ruby", "-r", "sidekiq", "-e", "puts Sidekiq::VERSION"];
  return spawnSync(program, args, { encoding: "utf8" }).stdout?.trim() || undefined;
}

/** The pinned version of each contender. Millrace's is the commit. */
export function versionsOf(present: readonly Contender[]): Record<string, string> {
  const { dependencies } = JSON.parse(read("node/package.json")) as {
    dependencies: Record<string, string>;
  };
  const temporal = inGo("go.temporal.io/server", "temporal");
  const pinned: Record<string, string | undefined> = {
    BullMQ: dependencies.bullmq,
    "bee-queue": dependencies["bee-queue"],
    "pg-boss": dependencies["pg-boss"],
    "graphile-worker": dependencies["graphile-worker"],
    Celery: /celery\S*==(\S+)/.exec(read("python/requirements.txt"))?.[1],
    Sidekiq: ofSidekiq(),
    asynq: inGo("github.com/hibiken/asynq"),
    River: inGo("github.com/riverqueue/river"),
    Temporal: temporal,
    "Temporal workflow": temporal,
  };
  return Object.fromEntries(
    present.flatMap(({ name }) => (pinned[name] === undefined ? [] : [[name, pinned[name]]])),
  );
}
