import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { RefusedAccounts } from "../src/models/refused-accounts.ts";

function setup() {
  const clock = new ManualClock();
  const accounts = new RefusedAccounts(clock);
  const startedMs = clock.nowMs();
  return { clock, accounts, startedMs };
}

test("makes running attempts wait as long as the provider asked when an account refused", () => {
  const { clock, accounts, startedMs } = setup();
  expect(accounts.waitMs("a", startedMs)).toBe(0);
  accounts.refused("a", 5_000);
  expect(accounts.waitMs("a", startedMs)).toBe(5_000);
  expect(accounts.waitMs("b", startedMs)).toBe(0);
  clock.advance(4_999);
  expect(accounts.waitMs("a", startedMs)).toBe(1);
  clock.advance(1);
  expect(accounts.waitMs("a", startedMs)).toBe(0);
});

test.each([
  ["a second if the provider asks for none", undefined, 1_000],
  ["an hour if the provider asks for more", 10 * 3_600_000, 3_600_000],
])("makes them wait %s", (_, asked, waited) => {
  const { accounts, startedMs } = setup();
  accounts.refused("a", asked);
  expect(accounts.waitMs("a", startedMs)).toBe(waited);
});

test("lets attempts call that were leased after the scheduler knew", () => {
  const { clock, accounts } = setup();
  accounts.refused("a", 60_000);
  expect(accounts.waitMs("a", clock.nowMs() + 1_000)).toBe(60_000);
  expect(accounts.waitMs("a", clock.nowMs() + 1_001)).toBe(0);
});

test("does not shorten the wait by a later refusal that asks for less", () => {
  const { clock, accounts, startedMs } = setup();
  accounts.refused("a", 60_000);
  clock.advance(10);
  accounts.refused("a", undefined);
  expect(accounts.waitMs("a", startedMs)).toBe(59_990);
});
