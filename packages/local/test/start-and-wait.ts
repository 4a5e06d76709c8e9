// Starts Redis and a scheduler, prints their ports, and waits to be killed.
import { startRedis, startService } from "@millrace/local";

const redis = await startRedis();
const scheduler = await startService("scheduler", {
  settings: {
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_SCHEDULER_PORT: "0",
    MILLRACE_WORKER_PORT: "0",
    MILLRACE_ADMIN_PORT: "0",
    MILLRACE_ADMIN_HTTP_PORT: "0",
    MILLRACE_METRICS_PORT: "0",
  },
});
const metricsPort = Number(scheduler.addresses.metrics?.split(":")[1]);
process.stdout.write(`${JSON.stringify([redis.port, metricsPort])}\n`);
