import type { Engine } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import type { QueueName } from "@millrace/shared";

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

/** Throws QUEUE_NOT_FOUND for a queue that is not defined, so that a mistyped name does not look like an empty list. */
export async function assertQueue(
  engine: Pick<Engine, "recentQueue">,
  queue: QueueName,
): Promise<void> {
  if ((await engine.recentQueue(queue)) !== undefined) return;
  const message = `queue: there is no queue ${queue}; check the name, or ask an operator to create it`;
  throw rpcError({ reason: "QUEUE_NOT_FOUND", message });
}
