import * as stable from "@opentelemetry/semantic-conventions";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import { expect, test } from "vitest";
import {
  attributeNames,
  conventionalAttributes,
  genAiOperations,
  messagingOperations,
} from "./trace-names.ts";

const exported = Object.entries({ ...stable, ...incubating });
const valuesOf = (prefix: string): ReadonlySet<unknown> =>
  new Set(exported.filter(([name]) => name.startsWith(prefix)).map(([, value]) => value));

test.each(Object.values(conventionalAttributes))(
  "%s is a name of the semantic conventions",
  (name) => expect(valuesOf("ATTR_")).toContain(name),
);

test("every other attribute begins with the name of the project", () => {
  const conventional: ReadonlySet<string> = new Set(Object.values(conventionalAttributes));
  const own = Object.values(attributeNames).filter((name) => !conventional.has(name));
  expect(own.filter((name) => !name.startsWith("millrace."))).toEqual([]);
});

test("the operations are those of the semantic conventions", () => {
  for (const type of Object.values(messagingOperations)) {
    expect(valuesOf("MESSAGING_OPERATION_TYPE_VALUE_")).toContain(type);
  }
  for (const name of Object.values(genAiOperations)) {
    expect(valuesOf("GEN_AI_OPERATION_NAME_VALUE_")).toContain(name);
  }
});
