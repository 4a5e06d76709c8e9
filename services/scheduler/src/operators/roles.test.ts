import { AdminService } from "@millrace/proto/admin-service";
import { expect, test } from "vitest";
import { mayCall, roleOfCall } from "./roles.ts";

test("every call of AdminService has a role, and no other call has one", () => {
  expect(Object.keys(roleOfCall).sort()).toEqual(
    AdminService.methods.map(({ localName }) => localName).sort(),
  );
});

test("calls that only look have names of reading, and all others need an operator", () => {
  const looking = AdminService.methods.filter(({ name }) => /^(List|Get|Explain|Watch)/.test(name));
  const readers = AdminService.methods.filter(
    ({ localName }) => roleOfCall[localName as keyof typeof roleOfCall] === "reader",
  );
  expect(readers.map(({ name }) => name)).toEqual(looking.map(({ name }) => name));
});

test.each([
  ["reader", "ListJobs", true],
  ["reader", "CancelJob", false],
  ["reader", "Unheard", false],
  ["operator", "ListJobs", true],
  ["operator", "CancelJob", true],
] as const)("a token of a %s may call %s: %s", (role, name, may) => {
  expect(mayCall(role, `/millrace.admin.v1.AdminService/${name}`)).toBe(may);
});
