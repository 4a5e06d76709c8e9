import { type JobId, parseJobId } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";

/** The most keys and queues with a line of their own in an interval. What is beyond has one line together. */
const MOST_LINES = 1_000;
const OTHERS = "";

interface Counts {
  readonly keyId: string;
  readonly queue: string;
  submitted: number;
  /** Refused jobs by reason. */
  readonly refused: Map<string, number>;
  /** The type of the last job that was refused as UNKNOWN_JOB_TYPE. */
  unknownType: string | undefined;
}

/** Logs what each key submits to each queue: one line for an interval, however many jobs these are. */
export class SubmissionLog {
  readonly #log: Logger | undefined;
  #counts = new Map<string, Counts>();

  constructor(log: Logger | undefined) {
    this.#log = log;
  }

  submitted(id: JobId): void {
    this.#of(id).submitted += 1;
  }

  refused(id: JobId, type: string, reason: string): void {
    const counts = this.#of(id);
    counts.refused.set(reason, (counts.refused.get(reason) ?? 0) + 1);
    if (reason === "UNKNOWN_JOB_TYPE") counts.unknownType = type;
  }

  /** Writes the lines of the interval that ends now. */
  flush(): void {
    const lines = this.#counts;
    this.#counts = new Map();
    for (const { keyId, queue, submitted, refused, unknownType } of lines.values()) {
      const which = keyId === OTHERS ? { others: true } : { key_id: keyId, queue };
      const fields = {
        ...{ ...which, submitted },
        ...(refused.size === 0 ? {} : { refused: Object.fromEntries(refused) }),
        ...(unknownType === undefined ? {} : { unknown_type: unknownType }),
      };
      if (refused.size === 0) this.#log?.info(fields, "jobs were submitted");
      else this.#log?.warn(fields, "jobs were submitted, and some were refused");
    }
  }

  #of(id: JobId): Counts {
    const { keyId, queue } = parseJobId(id) ?? { keyId: OTHERS, queue: OTHERS };
    const name = `${keyId} ${queue}`;
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    if (this.#counts.size >= MOST_LINES && keyId !== OTHERS) return this.#line(OTHERS, OTHERS);
    return this.#line(keyId, queue);
  }

  #line(keyId: string, queue: string): Counts {
    const name = `${keyId} ${queue}`;
    const counts = this.#counts.get(name) ?? {
      ...{ keyId, queue, submitted: 0, refused: new Map(), unknownType: undefined },
    };
    this.#counts.set(name, counts);
    return counts;
  }
}
