import type { Callback } from "@millrace/proto/webhook-endpoint";
import type { RpcErrorInit } from "@millrace/runtime";
import { webhookEventTypes } from "@millrace/shared";
import { malformedReceiver, receiverViolations, type UrlProblem } from "./receiver-rules.ts";
import { notSetUp, type WebhookParts } from "./webhook-parts.ts";

export interface CallbackRules {
  /** Whether MILLRACE_WEBHOOK_KEY is set. Without it nothing signs a callback, and none is sent. */
  readonly isSetUp: boolean;
  readonly urlProblem: UrlProblem;
}

export const callbackRules = ({ sealer, urlProblem }: WebhookParts): CallbackRules => ({
  isSetUp: sealer !== undefined,
  urlProblem,
});

export interface CallbackPlace {
  /** What has the callback: a job receives no events of groups, and a group none of jobs. */
  readonly of: "job" | "group";
  /** The path of the callback in its message. */
  readonly path: string;
}

/** Why the callback of a job or group is refused. Undefined: it is not refused, or there is none. */
export function callbackRefusal(
  callback: Callback | undefined,
  { isSetUp, urlProblem }: CallbackRules,
  { of, path }: CallbackPlace,
): RpcErrorInit | undefined {
  if (callback === undefined) return undefined;
  if (!isSetUp) return notSetUp;
  // A job may make a response or a batch of OpenAI's API.
  const subjects = of === "job" ? ["job.", "response.", "batch."] : ["group."];
  const known = webhookEventTypes.filter((type) => subjects.some((one) => type.startsWith(one)));
  const violations = receiverViolations(callback, urlProblem, { at: `${path}.`, known });
  return violations.length === 0 ? undefined : malformedReceiver(violations);
}
