import type { Clock } from "@millrace/shared";
import { registryKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import { appendChange } from "./append_change.ts";
import type { Change, ChangeLog, ChangeLogSettings, RecordedChange } from "./contract.ts";

export const changeLogDefaults: ChangeLogSettings = {
  keepMs: 365 * 24 * 3_600_000,
  maxLength: 10_000,
};

/** How many events the log keeps at most, and at most a tenth of all entries. */
const MOST_EVENTS = 1_000;

const ID = /^\d{1,16}-\d{1,16}$/;

/** The change log is a stream in the order of the changes' ids. The time of each change is a separate field. */
export function changeLog(
  redis: Store,
  rootPrefix: string,
  clock: Clock,
  { keepMs, maxLength }: ChangeLogSettings,
): ChangeLog {
  const key = registryKeys(rootPrefix).changes;
  const append = (change: Change, mostEvents: number) =>
    appendChange.run(redis, key, {
      ...{ ...change, nowMs: clock.nowMs(), keepMs, most: maxLength, mostEvents },
    });
  return {
    append: (change) => append(change, 0),
    appendEvent: (event) => append(event, Math.min(MOST_EVENTS, Math.floor(maxLength / 10))),
    async retract(id) {
      await redis.xdel(key, id).catch((error: unknown) => {
        throw asStoreFault(error, "retracting a change from the change log");
      });
    },
    async list(pageSize, pageToken) {
      if (pageToken !== undefined && !ID.test(pageToken)) return undefined;
      const from = pageToken === undefined ? "+" : `(${pageToken}`;
      const oldest = String(Math.max(0, clock.nowMs() - keepMs));
      const found = await redis
        .xrevrange(key, from, oldest, "COUNT", pageSize + 1)
        .catch((error: unknown) => {
          throw asStoreFault(error, "listing changes");
        });
      const page = found.slice(0, pageSize);
      const last = page.at(-1)?.[0];
      return {
        changes: page.map(([, fields]) => parse(fields)),
        ...(found.length > page.length && last !== undefined ? { nextPageToken: last } : {}),
      };
    },
  };
}

function parse(fields: readonly string[]): RecordedChange {
  const field = (name: string) => fields[fields.indexOf(name) + 1] ?? "";
  return {
    timeMs: Number(field("t")),
    actor: field("actor"),
    action: field("action"),
    subject: field("subject"),
    detailJson: field("detail"),
  };
}
