import { ContextFault } from "@millrace/shared";
import { JobFailure } from "@millrace/worker-sdk";

/** A message that is smaller than this is not worth a call, and the model's context cannot be meant for documents. */
const LEAST_TOKENS = 64;

/**
 * Whether a request was too large for the model's context, or the provider has read only a part of it. An executor that can
 * send less catches it. Otherwise the job fails for good.
 */
export const isContextExceeded = (
  error: unknown,
): error is JobFailure & { readonly cause: ContextFault } =>
  error instanceof JobFailure && error.cause instanceof ContextFault;

/**
 * Returns how large the messages of a document may be, by our own count of tokens, after a request for a part of it has failed
 * with this error. Throws the error if smaller messages do not help.
 */
export function smallerSize(error: unknown): number {
  if (isContextExceeded(error) && error.cause.room.messageTokens >= LEAST_TOKENS) {
    return error.cause.room.messageTokens;
  }
  throw error;
}

/** The same failure for a job that another attempt may bring to an end. */
export const retryable = ({ reason, message, provider, cause }: JobFailure): JobFailure =>
  new JobFailure(reason, message, true, {
    ...(provider === undefined ? { cause } : { cause, provider }),
  });
