import { createHmac } from "node:crypto";
import type { LeaseRef } from "@millrace/engine";
import type { LeaseRef as LeaseRefMessage } from "@millrace/proto/worker-service";
import { type JobId, parseJobId } from "@millrace/shared";

/** Bits of a fencing token that nobody can guess: one guess in 10^12 is right. */
const SEAL_BITS = 40n;
const SEAL_MASK = (1n << SEAL_BITS) - 1n;
/** Leaves the engine's token 23 bits: so many leases of one job that none has as many. */
const MAX_TOKEN = 2 ** 23 - 1;
/** The engine's tokens begin with 1, so that nobody holds a lease with this one. */
export const NO_TOKEN = 0;

/**
 * Fencing tokens as workers see them: the engine's token of a lease, which rises by one with each, in
 * the upper bits, and below it the first 40 bits of HMAC-SHA-256 over the job's id and that token. A
 * worker can use only what it was given: it cannot make up the token of another worker's lease.
 */
export class LeaseTokens {
  /** All schedulers on one Redis share it: a worker may go on at another one. */
  secret: Buffer;

  constructor(secret: Buffer) {
    this.secret = secret;
  }

  /** A lease as its worker is told of it. */
  seal({ jobId, token }: LeaseRef): { jobId: JobId; fencingToken: bigint } {
    if (token > MAX_TOKEN) throw new RangeError(`${jobId}: lease ${token} is beyond the last one`);
    return { jobId, fencingToken: (BigInt(token) << SEAL_BITS) | this.#sealOf(jobId, token) };
  }

  /**
   * The lease that a worker names, which the engine then checks. A token that was not made here, or a
   * job of a queue that is not among `queues`, becomes a lease that nobody holds.
   */
  open(message: LeaseRefMessage | undefined, queues: ReadonlySet<string>): LeaseRef {
    const jobId = (message?.jobId ?? "") as JobId;
    const sealed = message?.fencingToken ?? 0n;
    const token = Number(sealed >> SEAL_BITS);
    const served = queues.has(parseJobId(jobId)?.queue ?? "");
    const valid =
      served && token <= MAX_TOKEN && this.#sealOf(jobId, token) === (sealed & SEAL_MASK);
    return { jobId, token: valid ? token : NO_TOKEN };
  }

  #sealOf(jobId: JobId, token: number): bigint {
    const digest = createHmac("sha256", this.secret).update(`${jobId} ${token}`).digest();
    return BigInt(digest.readUIntBE(0, 5));
  }
}
