import type { Random } from "@millrace/shared";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";

const SECRET_BYTES = 32;

/** Returns the stored secret. If Redis has none, because it is new or was emptied, the first engine stores its own. */
export async function leaseSecret(
  redis: Store,
  rootPrefix: string,
  random: Random,
  known: Buffer | undefined,
): Promise<Buffer> {
  const key = registryKeys(rootPrefix).leaseSecret;
  const own = Buffer.from(known ?? random.bytes(SECRET_BYTES)).toString("hex");
  try {
    await redis.set(key, own, "NX");
    return Buffer.from((await redis.get(key)) ?? own, "hex");
  } catch (error) {
    throw asStoreFault(error, "reading the lease secret");
  }
}
