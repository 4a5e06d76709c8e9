import { WebhookService } from "@millrace/proto/webhook-service";
import { expect, test } from "vitest";
import { mayCall, operatorServices } from "./roles.ts";

const ofServices = operatorServices.map(([service, rolesOfCalls]) => ({
  name: service.name,
  service,
  rolesOfCalls,
}));

test.each(ofServices)("every call of $name has a role, and no other call has one", (tested) => {
  const { service, rolesOfCalls } = tested;
  expect(Object.keys(rolesOfCalls).sort()).toEqual(
    service.methods.map(({ localName }) => localName).sort(),
  );
});

test.each(ofServices)("calls of $name that only look have names of reading", (tested) => {
  const { service, rolesOfCalls } = tested;
  const looking = service.methods.filter(
    ({ name }) => /^(List|Get|Explain|Watch)/.test(name) && !name.endsWith("Secret"),
  );
  const readers = service.methods.filter(({ localName }) => rolesOfCalls[localName] === "reader");
  expect(readers.map(({ name }) => name)).toEqual(looking.map(({ name }) => name));
});

test.each([
  ["reader", "ListWebhookEndpoints", true],
  ["reader", "CreateWebhookEndpoint", false],
  ["reader", "GetCallbackSecret", false],
] as const)("a token of a %s may call %s of the endpoints: %s", (role, name, may) => {
  expect(mayCall(role, `/${WebhookService.typeName}/${name}`)).toBe(may);
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
