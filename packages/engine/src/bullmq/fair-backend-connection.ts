import { type RedisClient, RedisConnection } from "bullmq";
import { addPlainJobs, framed } from "./fair-backend-scripts.ts";

interface ScriptText {
  readonly numberOfKeys: number;
  readonly lua: string;
}

/** The command names of the scripts on lanes. BullMQ's own commands stay defined as they are. */
export const framedVersion = (version: string) => `${version}+lanes`;

/** Framed scripts are the same for every connection of a process, so they are kept here. */
const framedScripts = new Map<string, ScriptText>();

/** A connection with BullMQ's own scripts, and with the same scripts on lanes. */
export class FairConnection extends RedisConnection {
  protected override loadCommands(version: string): void {
    super.loadCommands(version);
    const client = this._client;
    const defined = client as unknown as Readonly<Record<string, unknown>>;
    for (const [name, { numberOfKeys, lua }] of this.scriptsOf(version)) {
      const command = `${name}:${framedVersion(version)}`;
      if (defined[command] !== undefined) continue;
      const id = `${command}:${numberOfKeys}`;
      const script = framedScripts.get(id) ?? { numberOfKeys, lua: framed(name, lua) };
      framedScripts.set(id, script);
      client.defineCommand(command, script);
    }
    const addPlain = `addPlainJobs:${framedVersion(version)}`;
    if (defined[addPlain] === undefined) client.defineCommand(addPlain, addPlainJobs);
  }

  /** Collects the scripts that BullMQ would define, by giving it a client that only records them. */
  private scriptsOf(version: string): Map<string, ScriptText> {
    const scripts = new Map<string, ScriptText>();
    const client = this._client;
    this._client = {
      defineCommand(command: string, script: ScriptText) {
        scripts.set(command.slice(0, command.lastIndexOf(`:${version}`)), script);
      },
    } as unknown as RedisClient;
    try {
      super.loadCommands(version);
    } finally {
      this._client = client;
    }
    return scripts;
  }
}
