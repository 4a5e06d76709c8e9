/** What operators see of dead letters. */
import { type DescMessage, fromJson, type JsonObject, type Message } from "@bufbuild/protobuf";
import {
  DeadLetterSchema,
  GetDeadLetterResponseSchema,
  ListDeadLettersResponseSchema,
} from "@millrace/proto/admin-service";
import type { Expected } from "./ledger.ts";
import type { World } from "./world.ts";

export interface Letters {
  readonly id: string;
  /** What each way that shows a dead letter returned, and how to read it. */
  readonly seen: readonly {
    readonly way: string;
    readonly desc: DescMessage;
    readonly came: Message | undefined;
    readonly wrap: (letter: Expected) => Expected;
  }[];
}

/**
 * Collects what operators see of a job that has just failed for good. It must run at once, because a redriven job
 * is no dead letter any more.
 */
export async function collectLetters(
  { admin, cliLines }: World,
  queue: string,
  id: string,
): Promise<Letters> {
  const listed = await admin.listDeadLetters({ filter: { queue } });
  const got = await admin.getDeadLetter({ jobId: id });
  const [line] = await Array.fromAsync(cliLines("dead-letters", "list", "--queue", queue));
  const [shown] = await Array.fromAsync(cliLines("dead-letters", "show", id));
  const letterOf = (json: unknown) => fromJson(DeadLetterSchema, json as JsonObject);
  return {
    id,
    seen: [
      {
        ...{ way: "ListDeadLetters response", desc: ListDeadLettersResponseSchema, came: listed },
        wrap: (letter) => ({ deadLetters: [letter] }),
      },
      {
        ...{ way: "GetDeadLetter response", desc: GetDeadLetterResponseSchema, came: got },
        wrap: (deadLetter) => ({ deadLetter }),
      },
      {
        ...{ way: "millrace dead-letters list", desc: DeadLetterSchema, came: letterOf(line) },
        wrap: (letter) => letter,
      },
      {
        ...{ way: "millrace dead-letters show", desc: DeadLetterSchema, came: letterOf(shown) },
        wrap: (letter) => letter,
      },
    ],
  };
}
