import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export interface SetSubscribersRequest {
  readonly version: number;
  /** If true, keys that are not named subscribe to nothing. */
  readonly all: boolean;
  /** Types as jobs/lib/outbox.lua describes them; "" means none. */
  readonly subscribers: readonly (readonly [keyId: string, types: string])[];
}

export const setSubscribers = defineScript<SetSubscribersRequest, "SET" | "CURRENT" | "BEHIND">(
  import.meta.url,
  {
    name: "set_subscribers",
    argv: ["version", "all"],
    perItem: ["key", "types"],
    encode: ({ version, all, subscribers }) => [version, all ? 1 : 0, ...subscribers.flat()],
    decode: (reply) => asText(reply) as "SET" | "CURRENT" | "BEHIND",
  },
);
