export * from "./redis.ts";
export * from "./redis-for-tests.ts";
