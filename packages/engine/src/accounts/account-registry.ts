import { jsonText, type Random } from "@millrace/shared";
import { changeField } from "../redis/change_field.ts";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import type { ProviderAccount } from "./contract.ts";

/** A provider account as the registry has it. */
export interface RegisteredAccount {
  readonly account: ProviderAccount;
  /** Unlike that of any earlier account of this name. */
  readonly generation: string;
}

interface Held extends RegisteredAccount {
  /** As it is stored. */
  readonly text: string;
}

/** An account as it has just been written. */
export interface WrittenAccount extends RegisteredAccount {
  /** How often the registry was changed, this change included. */
  readonly version: number;
}

const VERSION = "*";

/** What is declared of provider accounts: each with a generation, which tells an account from an earlier one of its name. */
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
    async readAll() {
      const { [VERSION]: version = "0", ...accounts } = await redis.hgetall(key);
      const all = Object.values(accounts).map(parse);
      all.sort((a, b) => (a.account.name < b.account.name ? -1 : 1));
      return { version: Number(version), accounts: all };
    },
    /** An account that is there keeps its generation. */
    async put(account: ProviderAccount): Promise<WrittenAccount> {
      for (;;) {
        const written = await write(await read(account.name), account);
        // Else another replica changed it in between.
        if (written !== undefined) return written;
      }
    },
    /** Undefined, and no change, if it is not `before` (undefined: none) that is there. */
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
