import type { Engine } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import { isKeyId, isModelName, isScheduleName, type QueueName } from "@millrace/shared";

/** Throws MALFORMED for a page token that `method` cannot have returned. */
export function assertPageToken(method: string, token: string, isToken: boolean): void {
  if (token === "" || isToken) return;
  const description = `is not a token that ${method} returned`;
  throw rpcError({
    reason: "MALFORMED",
    message: `page_token: ${description}`,
    violations: [{ field: "page_token", description }],
  });
}

/**
 * The page token of a list in the order of names: the list goes on after `name`. The kind makes tokens recognisable, because
 * any word could be a name, and a wrong token would leave out entries without a word.
 */
export const tokenAfter = (kind: NamedKind, name: string): string => `${kind}:${name}`;

/** The name in a token that `tokenAfter` has returned, or undefined. */
export function nameInToken(kind: NamedKind, token: string): string | undefined {
  const name = token.startsWith(`${kind}:`) ? token.slice(kind.length + 1) : "";
  return isNameOf[kind](name) ? name : undefined;
}

const isNameOf = { schedule: isScheduleName, key: isKeyId, model: isModelName };
type NamedKind = keyof typeof isNameOf;

/** Throws QUEUE_NOT_FOUND for a queue that is not defined, so that a mistyped name does not look like an empty list. */
export async function assertQueue(
  engine: Pick<Engine, "recentQueue">,
  queue: QueueName,
): Promise<void> {
  if ((await engine.recentQueue(queue)) !== undefined) return;
  const message = `queue: there is no queue ${queue}; check the name, or ask an operator to create it`;
  throw rpcError({ reason: "QUEUE_NOT_FOUND", message });
}
