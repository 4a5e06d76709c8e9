export { freePort, type LocalRedis, type RedisOptions, startRedis } from "@millrace/local";
export * from "./certificates.ts";
export * from "./fault-proxy.ts";
export * from "./manual-clock.ts";
export * from "./provider-simulator.ts";
export * from "./redis-for-tests.ts";
export * from "./seeded-random.ts";
