import { defineScript } from "../redis/define-script.ts";
import { asText } from "../redis/reply.ts";

export interface SetModelsRequest {
  readonly version: number;
  /** If true, models that are not named are removed. */
  readonly all: boolean;
  /** Each model with its routes, as routesText writes them; "" removes it. */
  readonly models: readonly (readonly [name: string, routes: string])[];
}

export const setModels = defineScript<SetModelsRequest, "SET" | "CURRENT" | "BEHIND">(
  import.meta.url,
  {
    name: "set_models",
    argv: ["version", "all"],
    perItem: ["model", "routes"],
    encode: ({ version, all, models }) => [version, all ? 1 : 0, ...models.flat()],
    decode: (reply) => asText(reply) as "SET" | "CURRENT" | "BEHIND",
  },
);
