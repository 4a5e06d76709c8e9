import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { HttpRoute } from "@millrace/runtime";
import type { Reason } from "@millrace/shared";
import type { z } from "zod";
import type { Caller } from "../callers/caller.ts";

/** A route that says what it takes and gives. The OpenAPI document is generated from this and from the contract. */
export interface GatewayRoute extends HttpRoute<Caller> {
  readonly described: RouteDescription;
}

export interface RouteDescription {
  /** Names the operation if its method has another route. Default: the method's name. */
  readonly operation?: string;
  /** The message whose fields the address fills in. Default: the method's request. */
  readonly request?: DescMessage;
  /** What the route reads its query with. */
  readonly query?: z.core.$ZodLooseShape;
  /** For each parameter that is named differently from its field in the contract: the field's name. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly headers?: readonly RequestHeader[];
  readonly body?: RequestBody;
  /** By status. The statuses of `reasons` are added. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Why this route may refuse a call, besides the reasons that all routes have. */
  readonly reasons?: readonly Reason[];
}

export type RequestHeader = "content-disposition" | "idempotency-key" | "last-event-id" | "prefer";

export type RequestBody = "bytes" | MessageBody;

interface MessageBody {
  readonly message: DescMessage;
  /** The fields that the address fills in. */
  readonly without?: readonly string[];
  /** Each field may be left out: what is not there does not change. */
  readonly changes?: boolean;
  /** The body may be left out. */
  readonly optional?: boolean;
}

export interface Answer {
  readonly about: string;
  readonly message?: DescMessage;
  /** Further members of the answer. */
  readonly members?: readonly DescField[];
  /** Server-sent events, by name. */
  readonly events?: Readonly<Record<string, DescMessage>>;
  readonly bytes?: boolean;
  readonly headers?: readonly AnswerHeader[];
}

export type AnswerHeader =
  | "content-disposition"
  | "location"
  | "preference-applied"
  | "retry-after";

/** Why a body may be refused. */
export const bodyReasons = ["MEDIA_TYPE", "TOO_LARGE"] as const;

/** Why a job may be refused. */
export const jobReasons: readonly Reason[] = [
  "UNKNOWN_JOB_TYPE",
  "QUEUE_NOT_FOUND",
  "DOCUMENT_NOT_FOUND",
  "GROUP_NOT_FOUND",
  "DOCUMENT_ENCRYPTED",
  "DOCUMENT_UNREADABLE",
  "DOCUMENT_NO_TEXT",
  "PRIORITY_NOT_ALLOWED",
  "IDEMPOTENCY_CONFLICT",
  "CHANGED_MEANWHILE",
  "GROUP_CLOSED",
  "GROUP_FULL",
  "DEPTH_FULL",
  "STORE_FULL",
  "COST_NOT_KNOWN",
  "COST_ABOVE_LIMIT",
  "DEADLINE_IMPOSSIBLE",
  "STORED_BYTES_FULL",
  "TOO_MANY_SUBMISSIONS",
  "WEBHOOKS_NOT_SET_UP",
  "DOCUMENT_STORE_UNAVAILABLE",
  "DOCUMENT_STORE_REFUSED",
];

/** Why a call that reads or writes documents may fail. */
export const documentStoreReasons = [
  "DOCUMENT_STORE_UNAVAILABLE",
  "DOCUMENT_STORE_REFUSED",
] as const;

/** Why a call about webhooks may be refused. */
export const webhookReasons = ["WEBHOOKS_NOT_SET_UP"] as const;
