export * from "./free-port.ts";
export * from "./guarded-process.ts";
export * from "./plain-line.ts";
export * from "./redis.ts";
export * from "./service.ts";
export * from "./system.ts";
