import type { StoreMemory } from "./contract.ts";
import { mastersOf, type Store } from "./store-connection.ts";
import { asStoreFault } from "./store-fault.ts";

/** The memory of the server that uses the largest share of its limit, or of a server without a limit if none has one. */
export async function readMemory(store: Store): Promise<StoreMemory> {
  const infos = await Promise.all(mastersOf(store).map((server) => server.info("memory"))).catch(
    (error: unknown) => {
      throw asStoreFault(error, "reading the server's memory usage");
    },
  );
  const share = ({ usedBytes, limitBytes }: StoreMemory) =>
    limitBytes === 0 ? 0 : usedBytes / limitBytes;
  return infos
    .map(memoryOf)
    .reduce((fullest, other) => (share(other) > share(fullest) ? other : fullest), {
      usedBytes: 0,
      limitBytes: 0,
    });
}

function memoryOf(info: string): StoreMemory {
  const value = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  return {
    // Buffers for replicas and the append-only file do not count towards the limit.
    usedBytes: value("used_memory") - value("mem_not_counted_for_evict"),
    limitBytes: value("maxmemory"),
  };
}
