import { jsonText, type Random } from "@millrace/shared";
import { changeField } from "../redis/change_field.ts";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import type { ProviderAccount } from "./contract.ts";

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

const VERSION = "*";

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
    async readAll(isWanted: (name: string) => boolean = () => true) {
      const { [VERSION]: version = "0", ...accounts } = await redis.hgetall(key);
      const all = Object.entries(accounts).flatMap(([name, text]) =>
        isWanted(name) ? parse(text) : [],
      );
      all.sort((a, b) => (a.account.name < b.account.name ? -1 : 1));
      return { version: Number(version), accounts: all };
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

function parse(text: string): RegisteredAccount {
  const { generation, ...account } = JSON.parse(text) as ProviderAccount & { generation: string };
  return { account, generation };
}

export type AccountRegistry = ReturnType<typeof accountRegistry>;
