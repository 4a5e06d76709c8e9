import { type JsonObject, malformed } from "../jobs/read-call.ts";

/** A page of a list, as OpenAI's API has it. The next one is that after `last_id`. */
export interface Page {
  readonly object: "list";
  readonly data: readonly JsonObject[];
  readonly first_id: unknown;
  readonly last_id: unknown;
  readonly has_more: boolean;
}

export interface PageQuery {
  readonly limit: number;
  readonly ascending: boolean;
  /** The id after which the page begins. Undefined: it is the first one. */
  readonly after: string | undefined;
}

/** Reads which page is wanted. Other parameters are ignored. */
export function pageQueryOf(query: URLSearchParams, most = 100, usual = 20): PageQuery {
  const limit = query.get("limit");
  const count = limit === null ? usual : /^\d{1,6}$/.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > most) throw malformed("limit", `must be a number from 1 to ${most}`);
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw malformed("order", "must be asc or desc");
  return { limit: count, ascending: order === "asc", after: query.get("after") ?? undefined };
}

export const page = (data: readonly JsonObject[], hasMore: boolean): Page => ({
  object: "list",
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: hasMore,
});

/** The page of a list that is there as a whole, in ascending order. */
export function pageOf(all: readonly JsonObject[], { limit, ascending, after }: PageQuery): Page {
  const ordered = ascending ? all : all.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw malformed("after", "names no item of this list");
  return page(ordered.slice(start, start + limit), start + limit < ordered.length);
}
