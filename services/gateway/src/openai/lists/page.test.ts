import { expect, test } from "vitest";
import { pageOf, pageQueryOf } from "./page.ts";

const items = ["a", "b", "c", "d"].map((id) => ({ id }));
const idsOf = (query: string) => {
  const { data, has_more: more } = pageOf(items, pageQueryOf(new URLSearchParams(query)));
  return [data.map(({ id }) => id).join(""), more];
};

test.each([
  ["", "dcba", false],
  ["limit=3", "dcb", true],
  ["limit=4", "dcba", false],
  ["order=asc&limit=2&after=a", "bc", true],
  ["limit=2&after=b", "a", false],
  ["after=a", "", false],
  ["something=new", "dcba", false],
])("the page of %j is %j", (query, ids, more) => {
  expect(idsOf(query)).toEqual([ids, more]);
});

test.each(["limit=0", "limit=101", "limit=x", "order=up", "after=z"])("refuses %j", (query) => {
  expect(() => idsOf(query)).toThrow(/^(limit|order|after): /);
});
