import { JobFailure, NonRetryableError } from "@millrace/worker-sdk";
import type { ContextFault, ContextRoom } from "../providers/provider.ts";

/**
 * A request was too large for the model's context, or the provider has read only a part of it. An executor that can send less
 * catches it, and sends messages of `room.messageTokens` at most. Otherwise the job fails for good.
 */
export class ContextExceeded extends NonRetryableError {
  readonly room: ContextRoom;

  /** `account`: the provider account that has answered the call; undefined if none was made, as the size was known. */
  constructor(fault: ContextFault, account: string | undefined) {
    const { reason, httpStatus, quotaExhausted } = fault.details;
    super(reason, fault.message, {
      cause: fault,
      ...(account === undefined ? {} : { provider: { account, httpStatus, quotaExhausted } }),
    });
    this.room = fault.room;
  }
}

/** A message that is smaller than this is not worth a call, and the model's context cannot be meant for documents. */
const LEAST_TOKENS = 64;

/**
 * Returns how large the messages of a document may be, by our own count of tokens, after a request for a part of it has failed
 * with this error. Throws the error if smaller messages do not help.
 */
export function smallerSize(error: unknown): number {
  if (error instanceof ContextExceeded && error.room.messageTokens >= LEAST_TOKENS) {
    return error.room.messageTokens;
  }
  throw error;
}

/** The same failure for a job that another attempt may bring to an end. */
export const retryable = ({ reason, message, provider, cause }: ContextExceeded): JobFailure =>
  new JobFailure(reason, message, true, {
    ...(provider === undefined ? { cause } : { cause, provider }),
  });
