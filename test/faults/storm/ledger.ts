/**
 * The ledger of a storm is its account book. The picture is a merchant's: each acknowledged job opens a line, and
 * the job's end closes the line. Every further report about the job must agree with its line. At the end the
 * lines are compared with the jobs that are stored. A line without a stored job is a lost job. A stored job
 * without a line was never acknowledged, or was put back by a scheduler.
 *
 * A journal (../journal.ts) keeps everything about a few jobs. The ledger takes about 200 bytes for each job, so
 * that a storm may have many. A job's output is therefore compared at once and not kept.
 */
import type { Job } from "@millrace/client";

interface Line {
  readonly n: number;
  /** The end, as every reader must be told it. Undefined until the job has ended. */
  end?: string;
}

const MOST_KEPT = 100;

export class Ledger {
  readonly #lines = new Map<string, Line>();
  readonly #ids = new Map<number, string>();
  /** The complaints, up to MOST_KEPT of them. */
  readonly wrong: string[] = [];
  wrongs = 0;
  ended = 0;
  /** Jobs that the schedulers have repaired. */
  readonly repaired = new Set<string>();
  /** How many of these were never acknowledged: a scheduler put them back, and they ran. */
  strays = 0;
  /** Jobs of revoked keys, which the lists of the callers do not contain. */
  unlisted = 0;
  /** Jobs that no caller was told of: children of fan-outs, and jobs of groups whose creation was never answered. */
  untold = 0;

  complain(what: string): void {
    this.wrongs += 1;
    if (this.wrong.length < MOST_KEPT) this.wrong.push(what);
  }

  get acknowledged(): number {
    return this.#lines.size;
  }

  /** Enters that job number n was acknowledged with an id. A repeated submission enters it again. */
  acknowledge(n: number, jobId: string): void {
    const before = this.#ids.get(n);
    if (before !== undefined && before !== jobId) {
      this.complain(`job ${n} was acknowledged twice: as ${before} and as ${jobId}`);
    }
    const other = this.#lines.get(jobId)?.n;
    if (other !== undefined && other !== n) {
      this.complain(`${jobId} was given to jobs ${other} and ${n}`);
    }
    if (before !== undefined) return;
    this.#ids.set(n, jobId);
    this.#lines.set(jobId, { n });
  }

  /** Returns the number of a job that was acknowledged. */
  numberOf(jobId: string): number | undefined {
    return this.#lines.get(jobId)?.n;
  }

  /** Returns the id under which job number n was acknowledged. */
  idOf(n: number): string | undefined {
    return this.#ids.get(n);
  }

  acknowledgeUnlisted(): void {
    this.unlisted += 1;
  }

  /** Enters that a scheduler has put this job back, or has repaired it. */
  repair(jobId: string): void {
    this.repaired.add(jobId);
  }

  /** Enters that a caller was told of the job's end. */
  end(job: Job): void {
    const line = this.#lines.get(job.id);
    if (line === undefined) {
      this.complain(`${job.id} has ended, but was never acknowledged`);
      return;
    }
    const end = endOf(job);
    if (line.end === undefined) {
      line.end = end;
      this.ended += 1;
    } else if (line.end !== end) {
      this.complain(`${job.id} ended twice: ${line.end} and ${end}`);
    }
  }

  /**
   * Compares the lines with all jobs that are stored at the end, each once. `untold` are the jobs of groups that no
   * caller was told of (compare-groups.ts).
   */
  compare(stored: Iterable<Job>, untold: ReadonlySet<string> = new Set()): void {
    const missing = new Set(this.#lines.keys());
    for (const job of stored) {
      const line = this.#lines.get(job.id);
      if (line === undefined) {
        if (untold.has(job.id)) this.untold += 1;
        else if (this.repaired.has(job.id)) this.strays += 1;
        else this.complain(`${job.id} was never acknowledged`);
        continue;
      }
      missing.delete(job.id);
      if (line.end !== endOf(job)) {
        this.complain(`${job.id} was reported as ${line.end}, and is ${endOf(job)}`);
      }
    }
    for (const id of missing) this.complain(`lost: ${id}`);
  }
}

/** The facts of an end that job lists contain as well. */
const endOf = ({ state, attempt, outputOffset, failure }: Job): string =>
  [state, attempt, outputOffset, failure?.reason].join(" ");
