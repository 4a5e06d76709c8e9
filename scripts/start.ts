// `npm start`: runs Redis and one of each service, in their own processes, until Ctrl-C.
import { resolve } from "node:path";
import { startRedis, startSystem } from "@millrace/local";
import { relayedCalls } from "@millrace/shared";
import { opens, readKey, writeKey } from "./development-key.ts";
import { developmentSettings } from "./development-settings.ts";
import { withWebhooks } from "./development-webhooks.ts";
import { holdFolder } from "./hold-folder.ts";
import { aborted, runScript, say } from "./run-script.ts";
import { serviceLog } from "./service-log.ts";
import { startText } from "./start-text.ts";

const STOPPED = 0;
/**
 * The types that the worker runs, besides the parts of a fan-out. A job of another type would wait forever, so the queues
 * refuse it. Whoever adds a worker of another type adds the type: `npx millrace queues put documents --types …`.
 */
const TYPES = ["chat", "summarize", ...relayedCalls, "batches"];

// Applies to this process and all processes that it starts: files get mode 0600 and folders 0700.
process.umask(0o077);

await runScript(STOPPED, async ({ parts, stopping }) => {
  const folder = resolve(process.env.MILLRACE_LOCAL_DIR || ".millrace");
  parts.use(await holdFolder(folder));
  say("starting Redis, a scheduler, a gateway and a worker");
  const { queues, settings, notes, quotes } = await developmentSettings(process.env);
  for (const note of notes) say(note);
  const redis = await startRedis({ directory: `${folder}/redis`, appendonly: true });
  parts.defer(() => redis.stop());
  stopping.throwIfAborted();

  const keyFile = `${folder}/api-key`;
  const known = await readKey(keyFile);
  let running = false;
  const system = await startSystem({
    redis,
    settings: await withWebhooks(settings, queues, folder),
    queues: queues.map((name) => ({ name, types: TYPES })),
    documents: `${folder}/documents`,
    log: serviceLog(`${folder}/logs`, (warning) => {
      // The reason why a service does not start is in the error that it ends with.
      if (running) say(warning);
    }),
    ...(known === undefined ? {} : { apiKey: known }),
  });
  parts.defer(async () => {
    await system.stop();
    say("stopped");
  });
  stopping.throwIfAborted();
  running = true;

  const works = known === undefined || (await opens(system, known));
  const apiKey = works ? system.apiKey : await system.createApiKey("local");
  if (apiKey !== known) await writeKey(keyFile, apiKey);
  console.log(`\n${startText({ system, quotes, queues, apiKey, folder })}\n`);

  const ended = await Promise.race([
    aborted(stopping),
    redis.ended.then(() => "Redis"),
    ...[...system.schedulers, ...system.gateways, ...system.workers].map((service) =>
      service.exited.then(() => `the ${service.name}`),
    ),
  ]);
  if (ended === undefined) return;
  throw new Error(
    `${ended} ended by itself, so everything stops. Read the logs in ${folder}/logs.`,
  );
});
