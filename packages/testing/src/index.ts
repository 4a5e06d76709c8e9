export { freePort, type RedisOptions, startRedis } from "@millrace/local";
export * from "./certificates.ts";
export * from "./fault-proxy.ts";
export * from "./manual-clock.ts";
export * from "./moto.ts";
export * from "./numeric-settings.ts";
export * from "./provider-simulator.ts";
export * from "./redis-cluster.ts";
export * from "./redis-command.ts";
export * from "./redis-for-tests.ts";
export * from "./redis-sentinels.ts";
export {
  type ObjectServer,
  type S3Server,
  type S3ServerOptions,
  startS3Server,
} from "./s3-server.ts";
export * from "./s3-settings.ts";
export * from "./seaweed.ts";
export * from "./seeded-random.ts";
