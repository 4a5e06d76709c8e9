import type { Violation } from "@millrace/configuration";

/** What one declaration asks for, against what there is. */
export type Step =
  /** It is so already. `note`: what of it has no effect, for people. */
  | { readonly kind: "none"; readonly note?: string }
  | {
      readonly kind: "change";
      /** The RPC that is, or would be, called for it. */
      readonly action: string;
      readonly subject: string;
      readonly make: () => Promise<unknown>;
      readonly note?: string;
    }
  | ({ readonly kind: "wrong" } & Violation);
