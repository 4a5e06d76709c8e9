import { STATUS_CODES } from "node:http";
import { httpStatusOf, rpcError } from "@millrace/runtime";
import type { Reason } from "@millrace/shared";
import type { JsonSchema } from "./json-schema.ts";
import { reference } from "./json-schema.ts";

/** Why any call may be refused. */
const commonReasons: readonly Reason[] = [
  "MALFORMED",
  "UNAUTHENTICATED",
  "NOT_ALLOWED",
  "REQUEST_TOO_SLOW",
  "COMPRESSED",
  "TOO_MANY_KEY_LOOKUPS",
  "TOO_MANY_UNFINISHED",
  "INTERNAL",
  "DRAINING",
  "STORE_UNAVAILABLE",
  "SCHEDULER_UNAVAILABLE",
];

/** A deadline between services passed. This status has no reason. */
const TIMED_OUT = 504;

/** An error of the API (RFC 9457), as problemOf in packages/runtime writes it. */
export const problemSchema: JsonSchema = {
  description: "An error (RFC 9457).",
  type: "object",
  properties: {
    title: { description: "The name of the status.", type: "string" },
    status: { description: "The status of the answer.", type: "integer" },
    detail: { description: "What happened, for people.", type: "string" },
    reason: { description: "What happened, for programs. Stable.", type: "string" },
    violations: {
      description: "The fields that break a rule.",
      type: "array",
      items: {
        type: "object",
        properties: { field: { type: "string" }, description: { type: "string" } },
        required: ["field", "description"],
      },
    },
    metadata: {
      description:
        "More for programs, such as the id of the job that an idempotency key belongs to.",
      type: "object",
      additionalProperties: { type: "string" },
    },
    retry_after: { description: "How long to wait before a retry, in seconds.", type: "integer" },
  },
  required: ["title", "status", "detail"],
};

const statusOf = (reason: Reason): number => httpStatusOf(rpcError({ reason, message: "" }));

const commonStatuses = [...new Set([...commonReasons.map(statusOf), TIMED_OUT])];

const nameOf = (status: number): string =>
  String(STATUS_CODES[status]).replaceAll(/[^A-Za-z]/g, "");

/** The answers to a refused call that all routes have, by name. */
export const commonProblems: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  commonStatuses.map((status) => [nameOf(status), problemAnswer(status, commonReasons)]),
);

/** The answers of a route to a call that it refuses, by status. */
export function problemsOf(reasons: readonly Reason[]): Readonly<Record<number, JsonSchema>> {
  const own = new Set(reasons.map(statusOf));
  const all = [...new Set([...commonReasons, ...reasons])];
  return Object.fromEntries(
    [...new Set([...commonStatuses, ...own])].map((status) => [
      status,
      own.has(status)
        ? problemAnswer(status, all)
        : { $ref: `#/components/responses/${nameOf(status)}` },
    ]),
  );
}

function problemAnswer(status: number, all: readonly Reason[]): JsonSchema {
  const reasons = all.filter((reason) => statusOf(reason) === status);
  const problem = reference("Problem");
  const narrowed = { properties: { reason: { type: "string", enum: reasons } } };
  return {
    description: reasons.length === 0 ? STATUS_CODES[status] : reasons.join(", "),
    ...(status === 429 || status === 503
      ? { headers: { "Retry-After": { $ref: "#/components/headers/Retry-After" } } }
      : {}),
    content: {
      "application/problem+json": {
        schema: reasons.length === 0 ? problem : { allOf: [problem, narrowed] },
      },
    },
  };
}
