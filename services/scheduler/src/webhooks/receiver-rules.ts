/** The rules for receivers of webhooks that the contract cannot state, because they depend on settings and lists. */
import { OPERATOR_KEY } from "@millrace/engine";
import { type FieldViolation, type RpcErrorInit, rpcError } from "@millrace/runtime";
import {
  DEAD_LETTER_TYPE,
  isWebhookSecret,
  type KeyId,
  webhookEventTypes,
  webhookSecretForm,
} from "@millrace/shared";

/** What a caller says of a receiver. What is left out is not checked. */
export interface Receiver {
  readonly url?: string | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly secret?: string | undefined;
}

/** The types of events that an endpoint may name: those of callers, or those of operators. */
export const typesFor = (keyId: KeyId): readonly string[] =>
  keyId === OPERATOR_KEY ? [DEAD_LETTER_TYPE] : webhookEventTypes;

export type UrlProblem = (url: string) => string | undefined;

/**
 * Finds what is wrong with a receiver. `at` is placed before the names of fields, for example "callback.". `known` are the
 * types of events that it may name.
 */
export function receiverViolations(
  { url, eventTypes = [], secret }: Receiver,
  urlProblem: UrlProblem,
  { at = "", known = webhookEventTypes } = {},
): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const wrong = (field: string, description: string | undefined) => {
    if (description !== undefined) violations.push({ field: `${at}${field}`, description });
  };
  if (url !== undefined) wrong("url", urlProblem(url));
  for (const [index, type] of eventTypes.entries()) {
    if (known.includes(type)) continue;
    const types = known.join(", ");
    wrong(
      `event_types[${index}]`,
      `must be one of the types of events ${types}, and not ${quoted(type)}`,
    );
  }
  // The secret itself must not reach a log.
  if (secret !== undefined && !isWebhookSecret(secret)) wrong("secret", webhookSecretForm);
  return violations;
}

/** Throws MALFORMED, with a violation for each wrong field. */
export function assertReceiver(
  receiver: Receiver,
  urlProblem: UrlProblem,
  known?: readonly string[],
): void {
  const violations = receiverViolations(receiver, urlProblem, known === undefined ? {} : { known });
  if (violations.length > 0) throw rpcError(malformedReceiver(violations));
}

export const malformedReceiver = (violations: readonly FieldViolation[]): RpcErrorInit => ({
  reason: "MALFORMED",
  message: violations.map(({ field, description }) => `${field}: ${description}`).join("; "),
  violations,
});

const MOST_QUOTED = 64;
const quoted = (text: string): string => JSON.stringify(text.slice(0, MOST_QUOTED));
