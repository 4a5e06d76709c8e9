/**
 * Each Lua script has one typed binding in the same folder. A script is loaded with the files that it includes
 * (`--- @include "lanes/lib/lanes"`, a path from the folder of all concepts; each file once). It is called by its hash,
 * and its text is sent only to a server that does not have it yet.
 *
 * A script's only key is `base`, the beginning of all keys of one queue shard. The keys that a batch touches follow from
 * its job ids, and all of them are in the slot of `base`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "ioredis";
import type { Store } from "./store-connection.ts";
import { asStoreFault } from "./store-fault.ts";
import { F } from "./stored-names.ts";
import { R } from "./stored-records.ts";

export type ScriptArg = string | number | Uint8Array;

export interface ScriptBinding<Request, Outcome> {
  /** The file's name, and the first word of its header. */
  readonly name: string;
  /** The names of the arguments, in order, as in the header. */
  readonly argv: readonly string[];
  /** The names of the arguments that follow for each item of a batch, as in the header. */
  readonly perItem?: readonly string[];
  /** The names of the arguments that follow for each part of an item. */
  readonly perSubItem?: readonly string[];
  encode(request: Request): ScriptArg[];
  decode(reply: unknown, request: Request): Outcome;
  /** The reply's strings arrive as Buffers. */
  readonly binary?: boolean;
}

export interface Script<Request, Outcome> {
  readonly name: string;
  readonly lua: string;
  readonly binding: ScriptBinding<Request, Outcome>;
  /**
   * `onSent` is called once the call is on its way: what is sent then is run after it. It is called again if the call must be
   * sent again with the script's text.
   */
  run(redis: Store, base: string, request: Request, onSent?: () => void): Promise<Outcome>;
}

/** The folder of all concepts. */
export const sourceFolder = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** `moduleUrl` is the `import.meta.url` of the binding. Its Lua file is in the same folder. */
export function defineScript<Request, Outcome>(
  moduleUrl: string,
  binding: ScriptBinding<Request, Outcome>,
): Script<Request, Outcome> {
  const lua = loadLua(fileURLToPath(new URL(`${binding.name}.lua`, moduleUrl)));
  const sha = createHash("sha1").update(lua).digest("hex");

  const replyEncoding = binding.binary ? null : "utf8";
  // `redis.call` takes arguments one by one, so a large batch would exceed the stack. This sends a Command instead.
  const call = (redis: Store, name: string, script: string, args: RedisArg[]) =>
    redis.sendCommand(new Command(name, [script, args], { replyEncoding }));
  /** Whether a server of this process had the script. Another one, or the same after a restart, may not have it. */
  let isKnown = false;
  const send = async (redis: Store, args: RedisArg[], onSent: () => void) => {
    try {
      const reply = call(redis, "evalsha", sha, args);
      if (isKnown) onSent();
      const result = await reply;
      if (!isKnown) onSent();
      isKnown = true;
      return result;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      const reply = call(redis, "eval", lua, args);
      onSent();
      return await reply;
    }
  };

  return {
    name: binding.name,
    lua,
    binding,
    async run(redis, base, request, onSent = () => undefined) {
      const args = binding.encode(request).map(toRedisArg);
      args.unshift(1, base);
      try {
        return binding.decode(await send(redis, args, onSent), request);
      } catch (error) {
        throw asStoreFault(error, `script ${binding.name}`);
      }
    },
  };
}

type RedisArg = string | number | Buffer;

const toRedisArg = (arg: ScriptArg): RedisArg =>
  typeof arg === "string" || typeof arg === "number"
    ? arg
    : Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength);

const INCLUDE = /^--- @include "([^"]+)"\s*$/;

/** References in Lua to stored names. */
const STORED_NAME = /\bF\.(\w+)/g;
/** `--- @record key_reservation text`: the words of a record that is stored in `text` become locals of their names, or nil. */
const RECORD = /^--- @record (\w+) (\w+)\s*$/;

function storedNames(line: string, path: string): string {
  return line.replaceAll(STORED_NAME, (reference, name: string) => {
    if (!(name in F)) throw new Error(`${path}: ${reference} is not in stored-names.ts`);
    return JSON.stringify(F[name as keyof typeof F]);
  });
}

function readRecord(name: string, text: string, path: string): string {
  if (!(name in R)) throw new Error(`${path}: the record ${name} is not in stored-records.ts`);
  const words: readonly string[] = R[name as keyof typeof R];
  // Only the last word may contain spaces.
  const pattern = `^${"(%S+) ".repeat(words.length - 1)}(.+)$`;
  return `local ${words.join(", ")} = string.match(${text}, "${pattern}")`;
}

/** Loads a Lua file. Each include is inserted once, where it first appears, and references become stored names. */
export function loadLua(path: string, included = new Set<string>()): string {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines
    .map((line) => {
      const [, record, text] = RECORD.exec(line.trim()) ?? [];
      if (record !== undefined && text !== undefined) {
        // Indented as the line that it replaces.
        return line.replace(/---.*$/, readRecord(record, text, path));
      }
      const name = INCLUDE.exec(line.trim())?.[1];
      if (name === undefined) return line.startsWith("--") ? line : storedNames(line, path);
      const file = resolve(sourceFolder, `${name}.lua`);
      if (included.has(file)) return "";
      included.add(file);
      return loadLua(file, included);
    })
    .join("\n");
}
