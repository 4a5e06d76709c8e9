import type { SubmitStreamRequest } from "@millrace/proto/job-service";
import { jobBytes, limits } from "@millrace/shared";

/** About what a job's id takes. */
const ID_BYTES = 64;

/**
 * Messages of a SubmitStream that were read and not taken, because the stream has as much in hand as it
 * may. They are read all the same so that waits that are given up make room. In order; about a message's
 * length in all.
 */
export class HeldRequests {
  readonly #held: SubmitStreamRequest[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= limits.messageBytes;
  }

  add(request: SubmitStreamRequest): void {
    this.#held.push(request);
    this.#bytes += bytesOf(request);
  }

  take(): SubmitStreamRequest | undefined {
    const request = this.#held.shift();
    if (request !== undefined) this.#bytes -= bytesOf(request);
    return request;
  }

  /** Of jobs whose end was to be told by a message that is held. */
  forget(jobIds: readonly string[]): void {
    const forgotten = new Set(jobIds);
    for (const request of this.#held) {
      this.#bytes -= bytesOf(request);
      request.notifyJobIds = request.notifyJobIds.filter((id) => !forgotten.has(id));
      this.#bytes += bytesOf(request);
    }
  }
}

function bytesOf({ items, notifyJobIds }: SubmitStreamRequest): number {
  const ofItems = items.reduce((sum, { job }) => {
    const payload = job?.payload.case === "payloadJson" ? job.payload.value : undefined;
    return sum + jobBytes(job?.labels ?? {}, payload, job?.idempotencyKey);
  }, 0);
  return ofItems + notifyJobIds.length * ID_BYTES;
}
