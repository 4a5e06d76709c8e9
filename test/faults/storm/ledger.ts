/**
 * All that the callers of a storm were told, a line for each job: that it was taken, and how it ended.
 * It takes about 200 bytes a job; a job's output is compared while it is at hand.
 */
import type { Job } from "@millrace/client";

interface Line {
  readonly n: number;
  /** How it ended, as whoever asks must be told; undefined: not yet. */
  end?: string;
}

const MOST_KEPT = 100;

export class Ledger {
  readonly #lines = new Map<string, Line>();
  readonly #ids = new Map<number, string>();
  /** What does not hold, up to a number. */
  readonly wrong: string[] = [];
  wrongs = 0;
  ended = 0;
  /** Jobs that the schedulers' duty has mended. */
  readonly mended = new Set<string>();
  /** Of these, jobs that nobody was told of: they were put back, and ran. */
  strays = 0;
  /** Jobs that no list of the callers has: their key was revoked. */
  unlisted = 0;

  complain(what: string): void {
    this.wrongs += 1;
    if (this.wrong.length < MOST_KEPT) this.wrong.push(what);
  }

  get acknowledged(): number {
    return this.#lines.size;
  }

  /** Job number n was taken as this; it is told again each time that it is submitted. */
  take(n: number, jobId: string): void {
    const before = this.#ids.get(n);
    if (before !== undefined && before !== jobId) {
      this.complain(`job ${n} was taken twice: as ${before} and as ${jobId}`);
    }
    const other = this.#lines.get(jobId)?.n;
    if (other !== undefined && other !== n) {
      this.complain(`${jobId} was given to jobs ${other} and ${n}`);
    }
    if (before !== undefined) return;
    this.#ids.set(n, jobId);
    this.#lines.set(jobId, { n });
  }

  takeUnlisted(): void {
    this.unlisted += 1;
  }

  /** A scheduler says that it has put this job back, or right. */
  mend(jobId: string): void {
    this.mended.add(jobId);
  }

  /** Somebody was told that this job has ended. */
  end(job: Job): void {
    const line = this.#lines.get(job.id);
    if (line === undefined) {
      this.complain(`nobody was told of ${job.id}, which has ended`);
      return;
    }
    const told = endOf(job);
    if (line.end === undefined) {
      line.end = told;
      this.ended += 1;
    } else if (line.end !== told) {
      this.complain(`${job.id} ended twice: ${line.end} and ${told}`);
    }
  }

  /** Compares with all jobs that there are in the end, each once. */
  compare(stored: Iterable<Job>): void {
    const missing = new Set(this.#lines.keys());
    for (const job of stored) {
      const line = this.#lines.get(job.id);
      if (line === undefined) {
        if (this.mended.has(job.id)) this.strays += 1;
        else this.complain(`nobody was told of ${job.id}`);
        continue;
      }
      missing.delete(job.id);
      if (line.end !== endOf(job)) {
        this.complain(`${job.id} was told as ${line.end}, and is ${endOf(job)}`);
      }
    }
    for (const id of missing) this.complain(`lost: ${id}`);
  }
}

/** What lists tell, too. */
const endOf = ({ state, attempt, outputOffset, failure }: Job): string =>
  [state, attempt, outputOffset, failure?.reason].join(" ");
