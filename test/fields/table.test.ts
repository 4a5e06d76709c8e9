/** Checks the table of fields that are proved elsewhere, and the list of services, against the repository. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { AuditFindingSchema, AuditRepairSchema } from "@millrace/proto/admin-service";
import { expect, test } from "vitest";
import { Ledger } from "./ledger.ts";
import { rows } from "./rows.ts";
import { services } from "./ways.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("every service of the contract is walked", () => {
  const declared = globSync("proto/millrace/**/*.proto", { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(/^service (\w+)/gm)].map(([, name]) => name),
  );
  expect(services.map(({ name }) => name).sort()).toEqual(declared.sort());
});

const elsewhere = rows.flatMap(({ provedIn, paths }) =>
  provedIn === undefined ? [] : paths.map((path) => ({ path, provedIn })),
);

test.each(elsewhere)("$provedIn, which must prove $path, names it", ({ path, provedIn }) => {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const localName = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  expect(read(provedIn)).toContain(localName);
});

const found = { name: "a way", desc: AuditFindingSchema };
const finding = create(AuditFindingSchema, { invariant: 6, subject: "aaaa", problem: "none" });
const wanted = { invariant: 6, subject: "aaaa", problem: "none" };

test("a field that neither arrives nor is in the table is reported by name", () => {
  const ledger = new Ledger([found]);
  ledger.compare("a way", AuditFindingSchema, finding, { ...wanted, problem: "other" });
  expect(ledger.takeWrong()).toEqual(['a way: problem is "none", expected "other"']);
  expect(ledger.problems()).toEqual(["a way: no test proves problem"]);
});

test("a lost field and an unexpected field are reported by name", () => {
  const ledger = new Ledger([found]);
  const less = create(AuditFindingSchema, { ...wanted, subject: "" });
  ledger.compare("a way", AuditFindingSchema, less, { invariant: 6, subject: "aaaa" });
  expect(ledger.takeWrong()).toEqual([
    'a way: subject did not arrive: expected "aaaa"',
    "a way: problem was not expected",
  ]);
});

test("a row for a field that arrives or does not exist is reported by name", () => {
  const ledger = new Ledger([found, { name: "another", desc: AuditRepairSchema }]);
  ledger.rows = [
    { ways: ["a way", "another"], paths: ["subject", "invariant"], why: "" },
    { ways: ["none"], paths: ["subject"], why: "" },
  ];
  ledger.compare("a way", AuditFindingSchema, finding, wanted);
  expect(ledger.problems()).toEqual([
    "another: no test proves done",
    "a way: the table leaves out subject, but it arrives",
    "a way: the table leaves out invariant, but it arrives",
    "another: the table names invariant, which does not exist",
    "the table names the way none, which does not exist",
  ]);
});
