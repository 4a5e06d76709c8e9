import { type JobId, type QueueName, queueOf } from "@millrace/shared";
import { boundedLabel, type SchedulerMetrics } from "@millrace/telemetry";
import { type Band, bands } from "../policy/band-of.ts";

/** The most types that get labels of their own although no queue declares them. If a queue accepts any type, callers invent them. */
const UNDECLARED_TYPES = 50;
/** The most pools that get labels of their own although they are no accounts. */
const OTHER_POOLS = 50;
/** The most accounts that get labels of their own. */
const ACCOUNTS = 200;

/**
 * The labels that metrics about jobs have. Their number is bounded. All counters of a queue and type exist from when one
 * of them is first used or declared: Prometheus sees an increase only of a counter that exists already.
 */
export class JobLabels {
  readonly #counters: SchedulerMetrics["jobCounters"];
  readonly #jobWait: SchedulerMetrics["jobWait"];
  readonly #waits = new Set<QueueName>();
  readonly #declared = new Set<string>();
  readonly #born = new Set<string>();
  readonly #undeclared = boundedLabel(UNDECLARED_TYPES);
  readonly #otherPool = boundedLabel(OTHER_POOLS);
  readonly account = boundedLabel(ACCOUNTS);

  constructor({ jobCounters, jobWait }: Pick<SchedulerMetrics, "jobCounters" | "jobWait">) {
    this.#counters = jobCounters;
    this.#jobWait = jobWait;
  }

  /** Says which types a queue accepts. Each of them has a label of its own. */
  declare(queue: QueueName, types: readonly string[]): void {
    this.#bearWaits(queue);
    for (const type of types) {
      this.#declared.add(`${queue} ${type}`);
      this.#bear(queue, type);
    }
  }

  of(id: JobId, type: string): { readonly queue: QueueName; readonly type: string } {
    const queue = queueOf(id);
    const label = this.#declared.has(`${queue} ${type}`) ? type : this.#undeclared(type);
    this.#bear(queue, label);
    return { queue, type: label };
  }

  /** The labels of a wait in the queue. */
  wait(queue: QueueName, band: Band, limited: boolean) {
    this.#bearWaits(queue);
    return { queue, band, limited: limited ? "yes" : "no" };
  }

  pool(pool: string, accounts: ReadonlySet<string>): string {
    if (pool === "") return "";
    return accounts.has(pool) ? this.account(pool) : this.#otherPool(pool);
  }

  #bearWaits(queue: QueueName): void {
    if (this.#waits.has(queue)) return;
    this.#waits.add(queue);
    for (const band of bands) {
      for (const limited of ["yes", "no"]) this.#jobWait.zero({ queue, band, limited });
    }
  }

  #bear(queue: QueueName, type: string): void {
    const name = `${queue} ${type}`;
    if (this.#born.has(name)) return;
    this.#born.add(name);
    for (const counter of Object.values(this.#counters)) counter.inc({ queue, type }, 0);
  }
}
