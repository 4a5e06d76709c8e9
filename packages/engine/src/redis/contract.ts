export interface StoreMemory {
  readonly usedBytes: number;
  /** `maxmemory`, from which on all writes are refused; 0: there is none. */
  readonly limitBytes: number;
}

/** How many servers have begun to write their files anew; or why the scheduler's user cannot have them do so. */
export type RenewedFiles =
  | { readonly kind: "renewed"; readonly began: number }
  | { readonly kind: "notAllowed"; readonly why: string };
