import { FairBackend } from "./fair-backend.ts";
import { checkGroup } from "./group-option.ts";

/** What a group may use. A part that is left out is that of `setDefaults`, or has no limit. `null` means no limit. */
export interface GroupSettings {
  /** The share of the workers, beside the weights of the other groups that have waiting jobs. 1 unless set. */
  readonly weight?: number;
  /** How many jobs of the group may run at once, on all workers. */
  readonly concurrency?: number | null;
  /** What the jobs that start in any `durationMs` milliseconds may cost together. A job costs 1 unless its group option says more. */
  readonly rate?: { readonly max: number; readonly durationMs: number } | null;
  /** Whether the group's jobs wait, whatever its limits. */
  readonly paused?: boolean;
}

export interface GroupReport {
  readonly waiting: number;
  /** Only known if a group of the queue has ever had a limit of concurrency. */
  readonly running?: number;
  /** Whether a limit holds the group. A limit is noticed when the group's turn comes. */
  readonly held: boolean;
  /** When a rate lets the group go on, in milliseconds since 1970. */
  readonly heldUntilMs?: number;
  /** What was set for this group. */
  readonly own?: GroupSettings;
  /** What was set for all groups. */
  readonly defaults?: GroupSettings;
}

export interface Groups {
  /** Replaces the settings of one group. Empty settings are those of all groups again. */
  set(group: string, settings: GroupSettings): Promise<void>;
  /** Replaces the settings of all groups. What a group has of its own stays, and jobs without a group are one, too. */
  setDefaults(settings: GroupSettings): Promise<void>;
  /** Starts no further job of the group for a time, for example because a provider asks to wait. */
  hold(group: string, ms: number): Promise<void>;
  get(group: string): Promise<GroupReport>;
  /** The groups that have waiting jobs, in the order of their turns, then those that are held. "" is that of jobs without one. */
  list(page?: { readonly offset?: number; readonly count?: number }): Promise<string[]>;
  /** Gives the queue back to plain BullMQ, with its jobs in fair order. Close all other programs with this backend before. */
  release(): Promise<void>;
}

const PAGE = 100;
const LONGEST_MS = 366 * 24 * 3_600_000;

/** The groups of a Queue, Worker or FlowProducer on this backend. */
export function groupsOf({ backend }: { readonly backend: unknown }): Groups {
  if (!(backend instanceof FairBackend)) {
    throw new TypeError("the queue has another backend: pass fairBackend() to its constructor");
  }
  const set = async (whose: string, settings: GroupSettings) => {
    const text = settingsText(settings);
    const counts = typeof settings.concurrency === "number" ? 1 : 0;
    const rates = settings.rate ? 1 : 0;
    await backend.runScript("set_limits", [whose, text, counts, rates]);
  };
  return {
    set(group, settings) {
      checkGroup(group);
      return set(`=${group}`, settings);
    },
    setDefaults: (settings) => set("*", settings),
    async hold(group, ms) {
      checkGroup(group);
      checkWhole("ms", ms, 1, LONGEST_MS);
      await backend.runScript("hold_group", [group, ms]);
    },
    async get(group) {
      const reply = (await backend.runScript("read_group", [group])) as Reply;
      const [waiting, running, held, until, own, defaults] = reply;
      return {
        waiting,
        ...(running === "" ? {} : { running }),
        held: held === 1,
        ...(until === "" ? {} : { heldUntilMs: Number(until) }),
        ...(own === "" ? {} : { own: settingsIn(own) }),
        ...(defaults === "" ? {} : { defaults: settingsIn(defaults) }),
      };
    },
    async list({ offset = 0, count = PAGE } = {}) {
      return (await backend.runScript("list_groups", [offset, count])) as string[];
    },
    release: () => backend.release(),
  };
}

type Reply = [number, number | "", number, string, string, string];

/** Settings as they are stored: words of a name and a number, which lua/groups.lua reads. */
function settingsText({ weight, concurrency, rate, paused }: GroupSettings): string {
  const words: string[] = [];
  if (weight !== undefined) {
    if (!(weight > 0) || weight > 1e6)
      throw wrong("weight", weight, "a number above 0, up to 1000000");
    words.push(`weight=${weight}`);
  }
  if (concurrency !== undefined) {
    if (concurrency !== null) checkWhole("concurrency", concurrency, 1);
    words.push(`concurrency=${concurrency ?? "inf"}`);
  }
  if (rate === null) words.push("max=inf", "duration=1");
  else if (rate !== undefined) {
    checkWhole("rate.max", rate.max, 1);
    checkWhole("rate.durationMs", rate.durationMs, 1, LONGEST_MS);
    words.push(`max=${rate.max}`, `duration=${rate.durationMs}`);
  }
  if (paused !== undefined) words.push(`paused=${paused ? 1 : 0}`);
  return words.join(" ");
}

function settingsIn(text: string): GroupSettings {
  const stored = new Map(text.split(" ").map((word) => word.split("=") as [string, string]));
  const number = (name: string) => {
    const value = stored.get(name);
    return value === "inf" ? null : Number(value);
  };
  const max = number("max");
  return {
    ...(stored.has("weight") ? { weight: Number(stored.get("weight")) } : {}),
    ...(stored.has("concurrency") ? { concurrency: number("concurrency") } : {}),
    ...(stored.has("max")
      ? { rate: max === null ? null : { max, durationMs: Number(stored.get("duration")) } }
      : {}),
    ...(stored.has("paused") ? { paused: stored.get("paused") === "1" } : {}),
  };
}

function checkWhole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER) {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw wrong(name, value, `a whole number from ${least} to ${most}`);
}

const wrong = (name: string, value: unknown, right: string) =>
  new RangeError(`${name} is ${String(value)}: give ${right}`);
