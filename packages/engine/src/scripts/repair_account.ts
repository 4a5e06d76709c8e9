import { defineScript } from "../define-script.ts";
import { asList } from "../reply.ts";

/** Whether anything was wrong. */
export const repairAccount = defineScript<undefined, boolean>({
  name: "repair_account",
  argv: [],
  encode: () => [],
  decode: (reply) => asList(reply)[0] === "MENDED",
});
