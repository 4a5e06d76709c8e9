import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import { type Handler, rpcError } from "@millrace/runtime";
import type { JobId } from "@millrace/shared";
import { deadLetterMessage } from "./dead-letter-message.ts";

export const getDeadLetter =
  (
    engine: Pick<Engine, "deadLetters">,
  ): Handler<(typeof AdminService)["method"]["getDeadLetter"], undefined> =>
  async ({ jobId }) => {
    const letter = await engine.deadLetters.get(jobId as JobId);
    if (letter === undefined) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no dead letter ${jobId}` });
    }
    return { deadLetter: deadLetterMessage(letter) };
  };
