import type { StoreMemory } from "./contract.ts";
import { mastersOf, type Store } from "./store-connection.ts";
import { asStoreFault } from "./store-fault.ts";

/** Of the server that has the largest share of its limit in use; of one without a limit, if all are so. */
export async function readMemory(store: Store): Promise<StoreMemory> {
  const infos = await Promise.all(mastersOf(store).map((server) => server.info("memory"))).catch(
    (error: unknown) => {
      throw asStoreFault(error, "reading how much memory is left");
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
    // What replicas and the append-only file have yet to be told does not count towards the limit.
    usedBytes: value("used_memory") - value("mem_not_counted_for_evict"),
    limitBytes: value("maxmemory"),
  };
}
