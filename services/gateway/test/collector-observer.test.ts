import type { LivingDocument } from "@millrace/documents";
import type { DocumentId, KeyId } from "@millrace/shared";
import { createLogger, createMetrics, metricNames } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { collectorObserver } from "../src/documents/collector.ts";

const ownerKeyId = "k7f3q2m9" as KeyId;

function setup() {
  const metrics = createMetrics("gateway");
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const observer = collectorObserver(createLogger("gateway", { destination: { write } }), metrics);
  const removed = async () =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(metricNames.documentsRemoved));
  return { observer, lines, removed };
}

const series = (reason: string, count: number) =>
  `${metricNames.documentsRemoved}{reason="${reason}"} ${count}`;

test("counts the removed documents by reason from 0, and logs each with its owner and its last use", async () => {
  const { observer, lines, removed } = setup();
  expect(await removed()).toEqual([series("expired", 0), series("retention", 0)]);
  const document = {
    ...{ id: "d1" as DocumentId, ownerKeyId, name: "secret.pdf", sizeBytes: 7, usedAtMs: 1_000 },
  } as LivingDocument;
  observer.onRemoved(document, "retention");
  expect(await removed()).toEqual([series("expired", 0), series("retention", 1)]);
  observer.onRemoved(document, "expired");
  expect(await removed()).toEqual([series("expired", 1), series("retention", 1)]);
  const line = {
    ...{ level: "info", msg: "a document was removed", document_id: "d1", key_id: ownerKeyId },
    ...{ bytes: 7, last_used: "1970-01-01T00:00:01.000Z" },
  };
  expect(lines).toMatchObject([
    { ...line, reason: "retention" },
    { ...line, reason: "expired" },
  ]);
  expect(JSON.stringify(lines)).not.toContain("secret.pdf");
});

test("warns of a key whose documents could not be looked at", () => {
  const { observer, lines } = setup();
  observer.onError(new Error("EIO"), ownerKeyId);
  expect(lines).toMatchObject([{ level: "warn", key_id: ownerKeyId, error: { message: "EIO" } }]);
});
