import type { Engine } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import type { JobId } from "@millrace/shared";
import { deadLetterMessage } from "../../messages/dead-letter-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

export const getDeadLetter =
  (engine: Pick<Engine, "deadLetters">): AdminHandler<"getDeadLetter"> =>
  async ({ jobId }) => {
    const letter = await engine.deadLetters.get(jobId as JobId);
    if (letter === undefined) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no dead letter ${jobId}` });
    }
    return { deadLetter: deadLetterMessage(letter) };
  };
