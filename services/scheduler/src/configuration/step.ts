import type { Violation } from "@millrace/configuration";

/** The decision on one declaration, compared with what the store holds. */
export type Step =
  /** The store agrees already. `note` tells operators which part of the declaration has no effect. */
  | { readonly kind: "none"; readonly note?: string }
  | {
      readonly kind: "change";
      /** The RPC that makes the change. */
      readonly action: string;
      readonly subject: string;
      readonly make: () => Promise<unknown>;
      readonly note?: string;
    }
  | ({ readonly kind: "wrong" } & Violation);
