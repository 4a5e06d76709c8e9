import { registryKeys } from "./keys.ts";
import type { Store } from "./store-connection.ts";
import { asStoreFault } from "./store-fault.ts";

/** A number for what is stored in Redis, and how. docs/upgrading.md says when it changes. */
export interface StoredFormat {
  /** The format in which this version stores. */
  readonly written: number;
  /** The oldest format whose versions can read what this version stores. */
  readonly readable: number;
}

export const storedFormat: StoredFormat = { written: 1, readable: 1 };

/**
 * Enters the format of this version into the store. Throws if a newer version has stored what this one cannot read. The numbers
 * in the store only grow, so versions that start at the same time cannot undo each other's.
 */
export async function claimFormat(
  store: Store,
  rootPrefix: string,
  { written, readable }: StoredFormat = storedFormat,
): Promise<void> {
  const key = registryKeys(rootPrefix).format;
  try {
    const needed = Number((await store.zscore(key, "readable")) ?? readable);
    if (needed > written) {
      const newest = await store.zscore(key, "written");
      throw new UnreadableStore(
        `a newer Millrace has stored jobs in format ${newest}, which versions before format ${needed} cannot read, and this ` +
          `version has format ${written}: install the newer version again, or restore a backup from before it (docs/upgrading.md)`,
      );
    }
    await store.zadd(key, "GT", written, "written", readable, "readable");
  } catch (error) {
    if (error instanceof UnreadableStore) throw error;
    throw asStoreFault(error, "reading the stored format");
  }
}

class UnreadableStore extends Error {}
