import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber } from "../redis/reply.ts";
import type { OutboxLength } from "./contract.ts";

export const measureOutbox = defineScript<undefined, OutboxLength>(import.meta.url, {
  name: "measure_outbox",
  argv: [],
  encode: () => [],
  decode(reply) {
    const [, fresh, setAside] = asList(reply);
    return { fresh: asNumber(fresh), setAside: asNumber(setAside) };
  },
});
