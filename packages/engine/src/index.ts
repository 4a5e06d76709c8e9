export type * from "./engine.ts";
export { openEngine } from "./open-engine.ts";
export { StoreUnavailable } from "./store-fault.ts";
