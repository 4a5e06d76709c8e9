export type * from "./engine.ts";
export { StoreUnavailable } from "./store-fault.ts";
