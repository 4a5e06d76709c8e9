import { type JobId, type QueueName, queueOf } from "@millrace/shared";
import { boundedLabel, type SchedulerMetrics } from "@millrace/telemetry";
import { type Band, bands } from "../policy/band-of.ts";
import { isEndpointPool } from "../webhooks/endpoint-circuits.ts";

/** The most types that get labels of their own although no queue declares them. If a queue accepts any type, callers invent them. */
const UNDECLARED_TYPES = 50;
/** The most pools that get labels of their own although they are no accounts. */
const OTHER_POOLS = 50;
/** The most accounts that get labels of their own. */
const ACCOUNTS = 200;

/** The label of all webhook endpoints together. */
const ENDPOINTS = "webhooks";

interface TypeLabels {
  readonly queue: QueueName;
  readonly type: string;
}

interface WaitLabels {
  readonly queue: QueueName;
  readonly band: Band;
  readonly limited: "yes" | "no";
}

/**
 * The labels that metrics about jobs have. Their number is bounded. All metrics of a queue, and of a queue and type, exist from
 * when they are first used or declared: Prometheus sees an increase only of a counter that exists already. The labels are
 * kept, because they are needed several times for each job.
 */
export class JobLabels {
  readonly #metrics: Pick<SchedulerMetrics, "jobCounters" | "jobWait">;
  readonly #types = new Map<QueueName, Map<string, TypeLabels>>();
  readonly #waits = new Map<QueueName, WaitLabels[]>();
  readonly #undeclared = boundedLabel(UNDECLARED_TYPES);
  readonly #otherPool = boundedLabel(OTHER_POOLS);
  readonly #account = boundedLabel(ACCOUNTS);

  constructor(metrics: Pick<SchedulerMetrics, "jobCounters" | "jobWait">) {
    this.#metrics = metrics;
  }

  /** Says which types a queue accepts. Each of them has a label of its own. */
  declare(queue: QueueName, types: readonly string[]): void {
    this.#waitsOf(queue);
    for (const type of types) this.#typesOf(queue).get(type) ?? this.#bear(queue, type);
  }

  of(id: JobId, type: string): TypeLabels {
    const queue = queueOf(id);
    const types = this.#typesOf(queue);
    const known = types.get(type);
    if (known !== undefined) return known;
    const label = this.#undeclared(type);
    return types.get(label) ?? this.#bear(queue, label);
  }

  /** The labels of a wait in the queue. */
  wait(queue: QueueName, band: Band, limited: boolean): WaitLabels {
    const at = bands.indexOf(band) * 2 + (limited ? 1 : 0);
    return this.#waitsOf(queue)[at] as WaitLabels;
  }

  account(name: string): string {
    return isEndpointPool(name) ? ENDPOINTS : this.#account(name);
  }

  pool(pool: string, accounts: ReadonlySet<string>): string {
    if (pool === "") return "";
    if (isEndpointPool(pool)) return ENDPOINTS;
    return accounts.has(pool) ? this.account(pool) : this.#otherPool(pool);
  }

  #typesOf(queue: QueueName): Map<string, TypeLabels> {
    let types = this.#types.get(queue);
    if (types === undefined) {
      types = new Map();
      this.#types.set(queue, types);
    }
    return types;
  }

  #bear(queue: QueueName, type: string): TypeLabels {
    const labels = { queue, type };
    this.#typesOf(queue).set(type, labels);
    for (const counter of Object.values(this.#metrics.jobCounters)) counter.inc(labels, 0);
    return labels;
  }

  #waitsOf(queue: QueueName): readonly WaitLabels[] {
    let waits = this.#waits.get(queue);
    if (waits === undefined) {
      waits = bands.flatMap((band) =>
        (["no", "yes"] as const).map((limited) => ({ queue, band, limited })),
      );
      this.#waits.set(queue, waits);
      for (const labels of waits) this.#metrics.jobWait.zero(labels);
    }
    return waits;
  }
}
