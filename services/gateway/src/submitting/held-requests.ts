import type { SubmitStreamRequest } from "@millrace/proto/job-service";
import { jobBytes, limits } from "@millrace/shared";

/** The approximate size of a job id. */
const ID_BYTES = 64;

/**
 * A queue of SubmitStream messages that the gateway has read but not taken, because the stream has reached its limits.
 * The gateway reads them so that it sees forget_job_ids, which make room. The queue holds about one message's bytes.
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

  /** Drops the wish to be notified of these jobs from the messages in the queue. */
  forget(jobIds: readonly string[]): void {
    const forgotten = new Set(jobIds);
    for (const request of this.#held) {
      this.#bytes -= bytesOf(request);
      request.notifyJobIds = request.notifyJobIds.filter((id) => !forgotten.has(id));
      this.#bytes += bytesOf(request);
    }
  }
}

function bytesOf({ jobs, notifyJobIds }: SubmitStreamRequest): number {
  const bytes = jobs.reduce((sum, { job }) => {
    const payload = job?.payload.case === "payloadJson" ? job.payload.value : undefined;
    return sum + jobBytes(job?.labels ?? {}, payload, job?.idempotencyKey);
  }, 0);
  return bytes + notifyJobIds.length * ID_BYTES;
}
