import { randomBytes } from "node:crypto";
import { access, writeFile } from "node:fs/promises";
import type { SystemOptions } from "@millrace/local";
import { WEBHOOK_QUEUE } from "@millrace/shared";

type Settings = NonNullable<SystemOptions["settings"]>;

/** Receivers on this machine, which a developer tries first. Elsewhere no webhook goes there. */
const LOOPBACK = "http://localhost, http://127.0.0.0/8, http://[::1]";

/**
 * Adds what webhooks need to the settings: a key that encrypts their secrets, which stays in `folder`, and the courier in the
 * worker. The environment's own settings come first.
 */
export async function withWebhooks(
  settings: Settings,
  queues: readonly string[],
  folder: string,
): Promise<Settings> {
  const { all = {}, scheduler = {}, worker = {} } = settings;
  const hasKey = "MILLRACE_WEBHOOK_KEY" in all || "MILLRACE_WEBHOOK_KEY_FILE" in all;
  const key = hasKey ? {} : { MILLRACE_WEBHOOK_KEY_FILE: await keyFile(`${folder}/webhook-key`) };
  const served = new Set([...queues, WEBHOOK_QUEUE]);
  return {
    ...settings,
    all: { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: LOOPBACK, ...all },
    scheduler: { ...key, ...scheduler },
    worker: { ...worker, MILLRACE_QUEUES: [...served].join(",") },
  };
}

/** Writes a new key, which only the file's owner can read, unless there is one. */
async function keyFile(path: string): Promise<string> {
  await access(path).catch(() =>
    writeFile(path, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" }),
  );
  return path;
}
