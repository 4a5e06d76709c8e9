import { type BackendFactory, createRedisBackend, type RedisQueueBackend } from "bullmq";
export function fairBackend(): BackendFactory<RedisQueueBackend> {
  return createRedisBackend;
}
