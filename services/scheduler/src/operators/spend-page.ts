import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import { type SpendFilter, SpendFilterSchema, type SpendPageSchema } from "@millrace/proto/spend";
import type { KeyId } from "@millrace/shared";
import { assertPageToken } from "../messages/page-token.ts";
import { dayRange } from "./day-range.ts";
import {
  compareSpendNames,
  groupsOf,
  SPEND_NAME_WORDS,
  type SpendName,
  type SpendSum,
  spendRow,
  sumSpend,
} from "./spend-rows.ts";
import { dayOf } from "./usage-rows.ts";

const DEFAULT_PAGE_SIZE = 1_000;

/**
 * A page of what attempts cost, of all keys or of one. A page token is the name of the last row of the page before, so that
 * new rows shift no page.
 */
export async function spendPage(
  engine: Pick<Engine, "spendOfDay">,
  filter: SpendFilter = create(SpendFilterSchema),
  keyId: KeyId | undefined,
  nowMs: number,
): Promise<MessageInitShape<typeof SpendPageSchema>> {
  const { pageSize, pageToken, groupLabels } = filter;
  const after = nameIn(pageToken);
  assertPageToken("ListSpend", pageToken, after !== undefined);
  const { first, last } = dayRange(filter, nowMs, "filter.");
  const groups = groupsOf(filter);
  const byDay = groups.by.has("day");
  // Rows of earlier days were on earlier pages.
  const begin = after !== undefined && byDay ? Math.max(first, dayOf(after[0]) ?? first) : first;
  const most = pageSize || DEFAULT_PAGE_SIZE;
  const isLater = (name: SpendName) => after === undefined || compareSpendNames(name, after) > 0;
  const rows: SpendSum[] = [];
  // If rows differ by day, the days are read one after another until the page is full.
  for (let day = begin; day <= last && rows.length <= most; day += byDay ? 1 : last - begin + 1) {
    const days = { first: day, last: byDay ? day : last };
    rows.push(...(await sumSpend(engine, days, groups, keyId)).filter(({ name }) => isLater(name)));
  }
  const page = rows.slice(0, most);
  return {
    rows: page.map((row) => spendRow(row, groupLabels)),
    nextPageToken: page.length < rows.length ? JSON.stringify(page.at(-1)?.name) : "",
  };
}

function nameIn(token: string): SpendName | undefined {
  if (token === "") return undefined;
  try {
    const name: unknown = JSON.parse(token);
    const isName =
      Array.isArray(name) &&
      name.length === SPEND_NAME_WORDS &&
      name.every((word) => typeof word === "string");
    return isName ? (name as unknown as SpendName) : undefined;
  } catch {
    return undefined;
  }
}
