/**
 * A job token: a credential for one job and a short time. It is `mrj_<right>.<end, unix seconds>.<job id>.<MAC>`, of
 * characters that need no escape in a URL. Only schedulers can make the MAC (HMAC-SHA-256, base64url).
 */
import { isJobId, type JobId } from "./ids.ts";

const jobTokenRights = ["read", "cancel"] as const;
export type JobTokenRight = (typeof jobTokenRights)[number];

/** What a token says. Nothing of it is proved before the MAC is checked. */
export interface JobTokenContent {
  readonly right: JobTokenRight;
  readonly expiresAtSeconds: number;
  readonly jobId: JobId;
}

const SHAPE = /^mrj_(read|cancel)\.(\d{1,12})\.([^.]{1,160})\.([A-Za-z0-9_-]{43})$/;

/** Whether a credential has the prefix of job tokens. It may still be garbage. */
export const looksLikeJobToken = (text: string): boolean => text.startsWith("mrj_");

/** The part of a token that the MAC covers. */
export const jobTokenText = ({ right, expiresAtSeconds, jobId }: JobTokenContent): string =>
  `mrj_${right}.${expiresAtSeconds}.${jobId}`;

/** Parses a token. Undefined if `text` is not one. */
export function parseJobToken(
  text: string,
): { readonly content: JobTokenContent; readonly mac: string } | undefined {
  const [, right = "", seconds = "", jobId = "", mac = ""] = SHAPE.exec(text) ?? [];
  if (!isJobId(jobId)) return undefined;
  const content = { right: right as JobTokenRight, expiresAtSeconds: Number(seconds), jobId };
  // Another spelling of the same number is not the text that was signed.
  if (!text.startsWith(`${jobTokenText(content)}.`)) return undefined;
  return { content, mac };
}
