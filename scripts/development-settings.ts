import { freePort, isFree, type SystemOptions } from "@millrace/local";
import { WEBHOOK_QUEUE } from "@millrace/shared";

type Env = Readonly<Record<string, string | undefined>>;

/** The ports that the documentation names, by setting and service. */
const ports = [
  { service: "gateway", setting: "MILLRACE_GATEWAY_PORT", usual: 7400 },
  { service: "gateway", setting: "MILLRACE_HTTP_PORT", usual: 7480 },
  { service: "gateway", setting: "MILLRACE_METRICS_PORT", usual: 7401 },
  { service: "scheduler", setting: "MILLRACE_SCHEDULER_PORT", usual: 7071 },
  { service: "scheduler", setting: "MILLRACE_WORKER_PORT", usual: 7072 },
  { service: "scheduler", setting: "MILLRACE_ADMIN_PORT", usual: 7075 },
  { service: "scheduler", setting: "MILLRACE_ADMIN_HTTP_PORT", usual: 7076 },
  { service: "scheduler", setting: "MILLRACE_METRICS_PORT", usual: 7073 },
  { service: "worker", setting: "MILLRACE_METRICS_PORT", usual: 7074 },
] as const;

/** The variables of this process that are passed on to the services. */
const passedOn =
  /^(MILLRACE_|OPENAI_|OTEL_|HTTPS?_PROXY$|NO_PROXY$|NODE_EXTRA_CA_CERTS$|NODE_USE_ENV_PROXY$)/i;
/** The settings that this system sets itself, or that differ between services. */
const kept = /^MILLRACE_(REDIS_|METRICS_PORT$|SCHEDULER_ADDRESS$|DOCUMENTS_DIR$|LOCAL_DIR$)/;

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) < 65_536;

const DEFAULT_QUEUES = "documents";
/** The provider of a worker whose settings name none. */
const QUOTES = "extractive";

export interface DevelopmentSettings {
  /** The queues that the worker serves. */
  readonly queues: readonly string[];
  readonly settings: NonNullable<SystemOptions["settings"]>;
  /** Notes for the person who starts the system: ports that are not the usual ones. */
  readonly notes: readonly string[];
  /** Whether the worker only quotes, because no provider of models is set. */
  readonly quotes: boolean;
}

/**
 * Returns the settings of the environment. For each port that they do not set, uses the usual port, or a free one
 * if that is taken.
 */
export async function developmentSettings(env: Env): Promise<DevelopmentSettings> {
  const all = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && passedOn.test(entry[0]) && !kept.test(entry[0]),
    ),
  );
  const settings: Record<string, Record<string, string>> = { all };
  const notes: string[] = [];
  for (const { service, setting, usual } of ports) {
    const wanted = all[setting];
    if (wanted !== undefined) {
      // An invalid port is refused by the service itself, as everywhere.
      if (!isPort(wanted) || (await isFree(Number(wanted)))) continue;
      throw new Error(
        `${setting}: port ${wanted} is taken. Choose another port, or leave the variable out.`,
      );
    }
    const free = await isFree(usual);
    const port = free ? usual : await freePort();
    if (!free) notes.push(`port ${usual} is taken: the ${service} uses ${port} (${setting})`);
    settings[service] = { ...settings[service], [setting]: String(port) };
  }
  const queues = (all.MILLRACE_QUEUES ?? DEFAULT_QUEUES).split(",").map((name) => name.trim());
  // The worker serves the queue of webhooks, too, and nobody defines it.
  const named = queues.filter((name) => name !== "" && name !== WEBHOOK_QUEUE);
  const { MILLRACE_ACCOUNTS_FILE: accounts, MILLRACE_PROVIDER: provider = QUOTES } = all;
  return { queues: named, settings, notes, quotes: !accounts && provider === QUOTES };
}
