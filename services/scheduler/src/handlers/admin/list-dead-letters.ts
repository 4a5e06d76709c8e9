import { type Engine, isDeadLetterToken } from "@millrace/engine";
import { deadLetterFilterOf, deadLetterMessage } from "../../messages/dead-letter-message.ts";
import { assertPageToken } from "../../messages/page-token.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { existingQueue } from "../../operators/queue-status.ts";

const DEFAULT_PAGE_SIZE = 50;

export const listDeadLetters =
  (engine: Pick<Engine, "deadLetters" | "getQueue">): AdminHandler<"listDeadLetters"> =>
  async ({ filter, pageSize, pageToken }) => {
    assertPageToken("ListDeadLetters", pageToken, isDeadLetterToken(pageToken));
    const wanted = deadLetterFilterOf(filter);
    await existingQueue(engine, wanted.queue);
    const page = await engine.deadLetters.list(
      wanted,
      pageSize || DEFAULT_PAGE_SIZE,
      pageToken === "" ? undefined : pageToken,
    );
    return {
      deadLetters: page.letters.map(deadLetterMessage),
      nextPageToken: page.nextPageToken ?? "",
    };
  };
