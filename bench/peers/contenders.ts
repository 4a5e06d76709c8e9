import { existsSync } from "node:fs";
import { join } from "node:path";

const programs = join(import.meta.dirname, "programs");
const go = (name: string) => join(programs, "go/bin", name);
const python = join(programs, "python/.venv/bin/python");
export const celery = join(programs, "python/.venv/bin/celery");

const gems = join(programs, "ruby/gems");
/** The gem in the folder of its program, or the system's, as in Debian's ruby-sidekiq. */
const sidekiq =
  [join(gems, "bin/sidekiq"), "/usr/bin/sidekiq"].find((file) => existsSync(file)) ??
  join(gems, "bin/sidekiq");
/** The colon at the end adds the system's gems. */
export const inRuby = ["env", `GEM_PATH=${gems}:`] as const;

export interface Contender {
  readonly name: string;
  /**
   * Where the contender keeps its jobs. Millrace keeps them in Redis, behind its services, and Temporal in
   * PostgreSQL, behind its server.
   */
  readonly store: "redis" | "postgres" | "millrace" | "temporal";
  /** The command lines of its programs. */
  readonly producer: readonly string[];
  readonly worker: readonly string[];
  readonly folder: string;
  /** True if one call can store many jobs. */
  readonly batches: boolean;
  /** True if the producer learns of each job's end. Otherwise only the worker does. */
  readonly seesEnds: boolean;
  /** Settings that differ from the defaults, and why. */
  readonly settings: string;
  /** The file that must exist. install.ts installs it. */
  readonly needs: string;
}

/** A program in Node with both roles in one file. */
const inNode = (file: string): Pick<Contender, "producer" | "worker" | "folder" | "needs"> => ({
  producer: [process.execPath, `${file}.mjs`, "producer"],
  worker: [process.execPath, `${file}.mjs`, "worker"],
  folder: join(programs, "node"),
  needs: join(programs, "node/node_modules", file),
});

const inGo = (name: string): Pick<Contender, "producer" | "worker" | "folder" | "needs"> => ({
  producer: [go(name), "producer"],
  worker: [go(name), "worker"],
  folder: programs,
  needs: go(name),
});

const temporal = join(programs, "temporal/bin/temporal");
const ofTemporal = (unit: "activity" | "workflow") =>
  ({
    store: "temporal",
    producer: [temporal, unit, "producer"],
    worker: [temporal, unit, "worker"],
    folder: programs,
    batches: false,
    seesEnds: false,
    needs: temporal,
  }) as const;

const ofMillrace = (role: "submit" | "run") =>
  ({
    store: "millrace",
    producer: [process.execPath, "millrace.ts", role],
    worker: [process.execPath, "millrace.ts", "worker"],
    folder: programs,
    batches: true,
    needs: programs,
  }) as const;

export const contenders: readonly Contender[] = [
  {
    name: "Millrace submit",
    ...ofMillrace("submit"),
    seesEnds: false,
    settings: "one gateway, one scheduler, one shard; its TypeScript client and worker SDK",
  },
  {
    name: "Millrace run",
    ...ofMillrace("run"),
    seesEnds: true,
    settings: "as above; the caller waits for each job's result",
  },
  {
    name: "BullMQ",
    ...inNode("bullmq"),
    store: "redis",
    batches: true,
    seesEnds: false,
    settings: "one worker, `concurrency` equal to the jobs in flight; keeps the last 1,000 jobs",
  },
  {
    name: "bee-queue",
    ...inNode("bee-queue"),
    store: "redis",
    batches: true,
    seesEnds: false,
    settings: "events and the store of jobs off, done jobs removed, as in its README",
  },
  {
    name: "Celery",
    store: "redis",
    producer: [python, "tasks.py"],
    worker: [celery, "-A", "tasks", "worker", "--loglevel=error", "--concurrency=2"].concat([
      "--pool=prefork",
      "--without-gossip",
      "--without-mingle",
      "--without-heartbeat",
    ]),
    folder: join(programs, "python"),
    batches: false,
    seesEnds: false,
    settings:
      "prefork, a process for each core, prefetch 64, results ignored, acknowledged late; the producer sends from 8 threads",
    needs: celery,
  },
  {
    name: "Sidekiq",
    store: "redis",
    producer: [...inRuby, "ruby", "jobs.rb"],
    worker: [...inRuby, sidekiq, "-r", "./jobs.rb", "-c", "25"],
    folder: join(programs, "ruby"),
    batches: true,
    seesEnds: false,
    settings:
      "one process of 25 threads, as in its README for jobs that do nothing; the producer sends from 8 threads; without Pro a job leaves Redis to run, and a crash loses it",
    needs: sidekiq,
  },
  {
    name: "asynq",
    ...inGo("asynq"),
    store: "redis",
    batches: false,
    seesEnds: false,
    settings: "`Concurrency` equal to the jobs in flight",
  },
  {
    name: "pg-boss",
    ...inNode("pg-boss"),
    store: "postgres",
    batches: true,
    seesEnds: false,
    settings: "four workers that fetch 100 at a time, without a pause while fetches come full",
  },
  {
    name: "graphile-worker",
    ...inNode("graphile-worker"),
    store: "postgres",
    batches: true,
    seesEnds: false,
    settings:
      "a local queue of 500, 24 jobs at the same time, completions in batches, as in its page on performance",
  },
  {
    name: "River",
    ...inGo("river"),
    store: "postgres",
    batches: true,
    seesEnds: false,
    settings:
      "2,000 workers, a fetch each 2 ms, as in its own bench command; `InsertManyFast` for many",
  },
  {
    name: "Temporal",
    ...ofTemporal("activity"),
    settings:
      "its server on PostgreSQL, all services in one process, 4 history shards, one partition a queue, rate limits out of the way; a job is a standalone activity, which it calls its job queue; pollers scale by themselves",
  },
  {
    name: "Temporal workflow",
    ...ofTemporal("workflow"),
    settings: "as above; a job is a workflow that runs one activity of at most five attempts",
  },
];

export const isInstalled = ({ needs }: Contender): boolean => existsSync(needs);
