import { defineScript } from "../redis/define-script.ts";
import { asList, asText } from "../redis/reply.ts";

export interface DeclaredAccountsRequest {
  /** What the names of circuits begin with. */
  readonly circuits: string;
}

export interface DeclaredAccountsOutcome {
  /** How often the registry was changed. */
  readonly version: number;
  /** The stored texts. */
  readonly accounts: readonly string[];
}

export const declaredAccounts = defineScript<DeclaredAccountsRequest, DeclaredAccountsOutcome>(
  import.meta.url,
  {
    name: "declared_accounts",
    argv: ["circuits"],
    encode: ({ circuits }) => [circuits],
    decode: (reply) => {
      const [version, ...accounts] = asList(reply).map(asText);
      return { version: Number(version), accounts };
    },
  },
);
