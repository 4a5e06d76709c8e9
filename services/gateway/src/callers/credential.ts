import { createHash } from "node:crypto";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { JobTokenRight as RightMessage } from "@millrace/proto/job-service";
import type { CallHeaders } from "@millrace/runtime";
import {
  hashSecret,
  type JobId,
  type JobTokenRight,
  type KeyId,
  looksLikeJobToken,
  parseApiKey,
  parseJobId,
  parseJobToken,
} from "@millrace/shared";
import type { Scheduler } from "../scheduler/scheduler-client.ts";

/** The caller of a call, as `authenticate` found it. */
export interface Caller {
  readonly keyId: KeyId;
  /** The most bytes that the caller's documents may take, if the key's budget sets a limit. */
  readonly maxStoredBytes?: number;
  /** Set if the caller showed a job token: it may only do this, with this job. */
  readonly jobToken?: { readonly jobId: JobId; readonly right: JobTokenRight };
}

/** What a caller shows: an API key or a job token. */
export interface Credential {
  /** A hash that differs for each credential. It tells nothing about the secret. */
  readonly id: string;
  readonly isJobToken: boolean;
  /** Asks the scheduler who the caller is, and how long the credential is still valid. Rejects with UNAUTHENTICATED. */
  ask(): Promise<{ readonly caller: Caller; readonly remainingMs: number }>;
}

const AUTHENTICATE_DEADLINE_MS = 5_000;
const BEARER = "Bearer ";

type Asked = Pick<Scheduler, "authenticate" | "authenticateJobToken">;

/** Reads the credential of a call. Undefined if there is none, or it cannot be one. */
export function credentialOf(headers: CallHeaders, scheduler: Asked): Credential | undefined {
  const header = headers.get("authorization");
  if (header === undefined || !header.startsWith(BEARER)) return undefined;
  const text = header.slice(BEARER.length);
  return looksLikeJobToken(text) ? jobToken(text, scheduler) : apiKey(text, scheduler);
}

function apiKey(text: string, scheduler: Asked): Credential | undefined {
  const key = parseApiKey(text);
  if (key === undefined) return undefined;
  const { keyId } = key;
  const secretSha256 = hashSecret(key.secret);
  return {
    // The hash covers key id and secret: the valid secret of one key must not open another.
    id: createHash("sha256").update(keyId).update(secretSha256).digest("base64"),
    isJobToken: false,
    async ask() {
      const { maxStoredBytes } = await scheduler.authenticate(
        { keyId, secretSha256: new Uint8Array(secretSha256) },
        { deadlineMs: AUTHENTICATE_DEADLINE_MS },
      );
      const bound = maxStoredBytes === undefined ? {} : { maxStoredBytes: Number(maxStoredBytes) };
      return { caller: { keyId, ...bound }, remainingMs: Number.POSITIVE_INFINITY };
    },
  };
}

function jobToken(token: string, scheduler: Asked): Credential | undefined {
  if (parseJobToken(token) === undefined) return undefined;
  return {
    id: createHash("sha256").update(token).digest("base64"),
    isJobToken: true,
    async ask() {
      const { jobId, right, remaining } = await scheduler.authenticateJobToken(
        { token },
        { deadlineMs: AUTHENTICATE_DEADLINE_MS },
      );
      const keyId = parseJobId(jobId)?.keyId;
      if (keyId === undefined) throw new Error("the scheduler returned no valid job id");
      const may = right === RightMessage.CANCEL ? "cancel" : "read";
      return {
        caller: { keyId, jobToken: { jobId: jobId as JobId, right: may } },
        remainingMs: remaining === undefined ? 0 : durationMs(remaining),
      };
    },
  };
}
