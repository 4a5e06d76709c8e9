export * from "./free-port.ts";
export * from "./manual-clock.ts";
export * from "./redis.ts";
export * from "./redis-for-tests.ts";
export * from "./seeded-random.ts";
