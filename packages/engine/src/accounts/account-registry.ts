import { jsonText, type Random, WEBHOOK_POOL_PREFIX } from "@millrace/shared";
import { changeField } from "../redis/change_field.ts";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { ProviderAccount } from "./contract.ts";
import { declaredAccounts } from "./declared_accounts.ts";

/** A provider account in the registry. */
export interface RegisteredAccount {
  readonly account: ProviderAccount;
  /** Differs from that of any earlier account with the same name. */
  readonly generation: string;
}

interface Held extends RegisteredAccount {
  /** The stored text. */
  readonly text: string;
}

/** An account that was just written. */
export interface WrittenAccount extends RegisteredAccount {
  /** How often the registry was changed, including this change. */
  readonly version: number;
}

const VERSION = F.account_registry_version;

/** The declared provider accounts. Each has a generation, which tells it from an earlier account with the same name. */
export function accountRegistry(redis: Store, rootPrefix: string, random: Random) {
  const key = registryKeys(rootPrefix).accounts;

  const read = async (name: string): Promise<Held | undefined> => {
    const text = await redis.hget(key, name);
    return text === null ? undefined : { text, ...parse(text) };
  };
  const write = async (
    held: Held | undefined,
    account: ProviderAccount,
  ): Promise<WrittenAccount | undefined> => {
    const generation = held?.generation ?? Math.floor(random.next() * 2 ** 53).toString(36);
    const value = jsonText({ ...account, generation });
    const change = { field: account.name, value, before: held?.text ?? "" };
    const written = await changeField.run(redis, key, change);
    return written && { account, generation, version: written.version };
  };

  return {
    read: async (name: string): Promise<RegisteredAccount | undefined> => read(name),
    /** An account, and how often the registry was changed. */
    async at(
      name: string,
    ): Promise<{ version: number; registered: RegisteredAccount | undefined }> {
      const [text, version] = await redis.hmget(key, name, VERSION);
      const registered = typeof text === "string" ? parse(text) : undefined;
      return { version: Number(version ?? 0), registered };
    },
    /** How often the registry was changed. */
    version: async () => Number((await redis.hget(key, VERSION)) ?? 0),
    /** All accounts. There may be thousands of circuits among them, so this is not for what is done regularly. */
    async readAll() {
      const { [VERSION]: version = "0", ...texts } = await redis.hgetall(key);
      return { version: Number(version), accounts: sorted(Object.values(texts)) };
    },
    /** The accounts without the circuits of webhook endpoints. */
    async declared() {
      const request = { circuits: WEBHOOK_POOL_PREFIX };
      const { version, accounts } = await declaredAccounts.run(redis, key, request);
      return { version, accounts: sorted(accounts) };
    },
    /**
     * At most `count` circuits of webhook endpoints, from a cursor: "0" at first, and again after the last ones. A circuit that
     * stays is met in each pass, or in the next one if others are removed meanwhile.
     */
    async circuits(from: string, count: number) {
      // Redis returns a small hash at once, whatever the count is. So a cursor is one of HSCAN and a place in its reply.
      const [scan = "0", place = "0"] = from.split(":");
      const [next, flat] = await redis.hscan(key, scan, "COUNT", count);
      const texts = new Map<string, string>();
      for (let at = 0; at < flat.length; at += 2) {
        const name = flat[at] ?? "";
        if (name.startsWith(WEBHOOK_POOL_PREFIX)) texts.set(name, flat[at + 1] ?? "");
      }
      const end = Number(place) + count;
      const cursor = end < texts.size ? `${scan}:${end}` : next;
      return { cursor, accounts: [...texts.values()].slice(Number(place), end).map(parse) };
    },
    /** Creates or changes an account. An account that exists keeps its generation. */
    async put(account: ProviderAccount): Promise<WrittenAccount> {
      for (;;) {
        const written = await write(await read(account.name), account);
        // Another replica changed the account in between, so this one tries again.
        if (written !== undefined) return written;
      }
    },
    /** Writes only if the stored account still equals `before` (undefined: none). Otherwise returns undefined. */
    async replace(before: ProviderAccount | undefined, account: ProviderAccount) {
      const held = await read(account.name);
      if (JSON.stringify(held?.account) !== JSON.stringify(before)) return undefined;
      return write(held, account);
    },
    async remove(name: string) {
      const removed = await changeField.run(redis, key, { field: name, value: "" });
      return { version: removed?.version ?? 0, wasThere: removed?.wasThere === true };
    },
  };
}

function sorted(texts: readonly string[]): readonly RegisteredAccount[] {
  return texts.map(parse).sort((a, b) => (a.account.name < b.account.name ? -1 : 1));
}

function parse(text: string): RegisteredAccount {
  const { generation, ...account } = JSON.parse(text) as ProviderAccount & { generation: string };
  return { account, generation };
}

export type AccountRegistry = ReturnType<typeof accountRegistry>;
