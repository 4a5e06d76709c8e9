/** What the payload of a storm job tells its worker to do, and the text that the worker then writes. */

export interface Work {
  readonly n: number;
  readonly pieces: number;
  readonly pauseMs: number;
  /** How many attempts fail with a retryable error. */
  readonly failures: number;
  /** Whether the job fails for good. */
  readonly fatal: boolean;
}

/** Returns chunk number i of an attempt. The result is all chunks together. */
export const piece = (n: number, attempt: number, pid: number, i: number): string =>
  `${n}/${attempt}/${pid}/${i} `;
