import { durationFromMs, timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type CreateJobTokenRequest,
  type CreateJobTokenResponse,
  JobTokenRight as RightMessage,
} from "@millrace/proto/job-service";
import type { JobTokenRight } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";

export type { JobTokenRight } from "@millrace/shared";

export interface JobTokenOptions extends CallOptions {
  /** "read" (default): get, watch and explain. "cancel": cancel too. */
  readonly right?: JobTokenRight;
  /** In milliseconds, at least 1,000. Left out, or more than the gateway's limit: that limit, by default 15 minutes. */
  readonly lifetimeMs?: number;
}

/** A credential for one job. */
export interface JobToken {
  /** Send it as an API key, or as the query parameter `token` of the job's addresses over HTTP. Keep it secret. */
  readonly token: string;
  readonly right: JobTokenRight;
  readonly expireTime: Date;
}

export const jobTokenRequest = (
  jobId: string,
  { right, lifetimeMs }: JobTokenOptions,
): Omit<CreateJobTokenRequest, "$typeName" | "lifetime"> & {
  lifetime?: ReturnType<typeof durationFromMs>;
} => ({
  jobId,
  right: right === "cancel" ? RightMessage.CANCEL : RightMessage.READ,
  ...(lifetimeMs === undefined ? {} : { lifetime: durationFromMs(lifetimeMs) }),
});

export const jobTokenOf = ({ token, right, expireTime }: CreateJobTokenResponse): JobToken => ({
  token,
  right: right === RightMessage.CANCEL ? "cancel" : "read",
  expireTime: expireTime === undefined ? new Date(0) : timestampDate(expireTime),
});
