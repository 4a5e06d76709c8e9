import { JobTokenRight as RightMessage } from "@millrace/proto/job-service";
import type { JobTokenRight } from "@millrace/shared";

/** A right as the contract writes it. */
export const rightMessage = (right: JobTokenRight): RightMessage =>
  right === "cancel" ? RightMessage.CANCEL : RightMessage.READ;

/** The right that a request names. One that names none gets the smaller right. */
export const rightOf = (message: RightMessage | undefined): JobTokenRight =>
  message === RightMessage.CANCEL ? "cancel" : "read";
