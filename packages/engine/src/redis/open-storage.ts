import type { Clock } from "@millrace/shared";
import type { Storage } from "./contract.ts";
import { readMemory } from "./read-memory.ts";
import { renewFiles } from "./renew-files.ts";
import { mastersOf, type Store } from "./store-connection.ts";
import { asStoreFault, StoreUnavailable } from "./store-fault.ts";

/** Calls `onClose` before it closes the connection. */
export function openStorage(redis: Store, clock: Clock, onClose: () => void): Storage {
  return {
    clock,
    memory: () => readMemory(redis),
    renewFiles: () => renewFiles(redis),
    async ping() {
      const servers = mastersOf(redis);
      if (servers.length === 0)
        throw new StoreUnavailable("no master of the Redis Cluster is known yet");
      await Promise.all(servers.map((server) => server.ping())).catch((error: unknown) => {
        throw asStoreFault(error, "pinging Redis");
      });
    },
    async close() {
      onClose();
      // Redis answers QUIT after everything that was sent before it. Without a connection, nothing was sent.
      await redis.quit().catch(() => undefined);
      redis.disconnect();
    },
  };
}
