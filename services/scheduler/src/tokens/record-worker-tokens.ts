import type { ChangeLog } from "@millrace/engine";
import { jsonText } from "@millrace/shared";
import { configFile } from "./operator-tokens.ts";
import type { WorkerTokens } from "./worker-tokens.ts";

/** Writes the worker tokens that a scheduler accepts from now on to the change log: their names and what they may serve. */
export const recordWorkerTokens =
  (
    changes: Pick<ChangeLog, "append">,
    schedulerId: string,
    log: { warn(fields: object, message: string): void },
  ) =>
  (tokens: WorkerTokens): void => {
    const detailJson = jsonText({ tokens: tokens.map(({ holder }) => holder) });
    const change = { actor: configFile.name, action: "ReplaceWorkerTokens", subject: schedulerId };
    changes.append({ ...change, detailJson }).catch((error: unknown) => {
      log.warn({ error }, "the change of worker tokens could not be recorded in the change log");
    });
  };
