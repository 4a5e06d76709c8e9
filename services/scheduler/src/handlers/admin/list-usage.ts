import type { Engine } from "@millrace/engine";
import { type Clock, isKeyId } from "@millrace/shared";
import { assertPageToken } from "../../messages/page-token.ts";
import { usageMessage } from "../../messages/usage-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { dayRange } from "../../operators/day-range.ts";
import {
  compareNames,
  dayOf,
  groupings,
  groupingsOf,
  type RowName,
  sumUsage,
  type UsageSum,
} from "../../operators/usage-rows.ts";

const DEFAULT_PAGE_SIZE = 1_000;

/** Lists usage. A page token is the name of the last row of the page before, so that new rows shift no page. */
export const listUsage =
  (engine: Pick<Engine, "usageOfDay">, clock: Clock): AdminHandler<"listUsage"> =>
  async ({ firstDay, lastDay, keyId, groupBy, pageSize, pageToken }) => {
    const after = nameIn(pageToken);
    assertPageToken("ListUsage", pageToken, after !== undefined);
    const { first, last } = dayRange({ firstDay, lastDay }, clock.nowMs());
    const by = groupingsOf(groupBy);
    // Rows of earlier days were on earlier pages.
    const begin =
      after !== undefined && by.has("day") ? Math.max(first, dayOf(after[0]) ?? first) : first;
    const most = pageSize || DEFAULT_PAGE_SIZE;
    const isLater = (name: RowName) => after === undefined || compareNames(name, after) > 0;
    // If rows differ by day, the days are read one after another until the page is full.
    const rows: UsageSum[] = [];
    const key = isKeyId(keyId) ? keyId : undefined;
    for (
      let day = begin;
      day <= last && rows.length <= most;
      day += by.has("day") ? 1 : last - begin + 1
    ) {
      const days = { first: day, last: by.has("day") ? day : last };
      rows.push(...(await sumUsage(engine, days, by, key)).filter(({ name }) => isLater(name)));
    }
    const page = rows.slice(0, most);
    return {
      rows: page.map(({ name: [day, key, pool, model], jobs, attempts, usage }) => ({
        ...{ day, keyId: key, pool, model, jobs: BigInt(jobs), attempts: BigInt(attempts) },
        usage: usageMessage(usage),
      })),
      nextPageToken: page.length < rows.length ? JSON.stringify(page.at(-1)?.name) : "",
    };
  };

function nameIn(token: string): RowName | undefined {
  if (token === "") return undefined;
  try {
    const name: unknown = JSON.parse(token);
    const isName =
      Array.isArray(name) &&
      name.length === groupings.length &&
      name.every((word) => typeof word === "string");
    return isName ? (name as unknown as RowName) : undefined;
  } catch {
    return undefined;
  }
}
