import { defineScript } from "./define-script.ts";
import { asList, asNumber } from "./reply.ts";

/** Returns the time in milliseconds, with a fraction. */
export const readTime = defineScript<undefined, number>(import.meta.url, {
  name: "read_time",
  argv: [],
  encode: () => [],
  decode: (reply) => {
    const [seconds, micros] = asList(reply);
    return asNumber(seconds) * 1_000 + asNumber(micros) / 1_000;
  },
});
