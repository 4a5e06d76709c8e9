import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { LeaseRef } from "@millrace/engine";
import type { LeaseRef as LeaseRefMessage } from "@millrace/proto/worker-service";
import { type JobId, parseJobId } from "@millrace/shared";

/** Bits of a fencing token that cannot be guessed: one guess in 10^12 succeeds. */
const SEAL_BITS = 40n;
const SEAL_MASK = (1n << SEAL_BITS) - 1n;
/** The engine's token has the remaining 23 bits, which is more than the leases of any job. */
const MAX_TOKEN = 2 ** 23 - 1;
/** The engine's tokens begin at 1, so no lease has this token. */
export const NO_TOKEN = 0;

/** How many seals are remembered. A worker shows the seal of a lease at least once, soon after it got it. */
const SEALS_KEPT = 4_096;

/**
 * Fencing tokens as workers see them. The upper bits are the engine's token, which rises by one with each lease of a job.
 * Below are the first 40 bits of an HMAC-SHA-256 over the job's id and that token. So a worker can only use tokens that it
 * was given, and cannot forge the token of another worker's lease.
 */
export class LeaseTokens {
  #secret: Buffer;
  /** The secret as a key, which is made once: to make it for each seal costs seven times the seal (Node 24). */
  #key: KeyObject;
  /** Seals that were given out, by job id and token. The oldest comes first. */
  readonly #seals = new Map<string, bigint>();

  constructor(secret: Buffer) {
    this.#secret = secret;
    this.#key = createSecretKey(secret);
  }

  /** All schedulers on one Redis share the secret, because a worker may continue at another scheduler. */
  get secret(): Buffer {
    return this.#secret;
  }

  set secret(secret: Buffer) {
    if (secret.equals(this.#secret)) return;
    this.#secret = secret;
    this.#key = createSecretKey(secret);
    this.#seals.clear();
  }

  /** Seals a lease for its worker. */
  seal({ jobId, token }: LeaseRef): { jobId: JobId; fencingToken: bigint } {
    if (token > MAX_TOKEN) throw new RangeError(`${jobId}: fencing token ${token} is too large`);
    const seal = this.#sealOf(jobId, token);
    this.#remember(`${jobId} ${token}`, seal);
    return { jobId, fencingToken: (BigInt(token) << SEAL_BITS) | seal };
  }

  /**
   * Opens the lease that a worker names; the engine then checks it. A forged token, or a job of a queue that is not among
   * `queues`, becomes a lease that nobody holds.
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
    const text = `${jobId} ${token}`;
    const known = this.#seals.get(text);
    if (known !== undefined) return known;
    const digest = createHmac("sha256", this.#key).update(text).digest();
    return BigInt(digest.readUIntBE(0, 5));
  }

  /** Only seals that were given out are remembered, so that nobody can displace them by guesses. */
  #remember(text: string, seal: bigint): void {
    this.#seals.set(text, seal);
    if (this.#seals.size <= SEALS_KEPT) return;
    for (const oldest of this.#seals.keys()) {
      this.#seals.delete(oldest);
      return;
    }
  }
}
