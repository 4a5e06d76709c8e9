import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { StatusSchema } from "@millrace/proto/rpc-status";
import { expect, test } from "vitest";
import { packStatus, statusMetadata, statusOfError, unpackDetails } from "./status-details.ts";

const full = {
  code: status.RESOURCE_EXHAUSTED,
  message: "full",
  reason: "DEPTH_FULL",
  metadata: { limit: "3" },
  violations: [{ field: "jobs[1].queue", description: "is full" }],
  retryDelayMs: 1_500,
};

const errorOf = (code: status, details: string, metadata: Metadata): ServiceError =>
  Object.assign(new Error(details), { code, details, metadata });

test("writes a status into trailers, and reads it back", () => {
  const metadata = statusMetadata(packStatus(full));
  const read = statusOfError(errorOf(full.code, full.message, metadata));
  const { code, message, ...details } = full;
  expect(read).toMatchObject({ code, message });
  expect(unpackDetails(read)).toMatchObject(details);
});

test("reads no details from a status without any", () => {
  const { code, message } = full;
  const bare = { reason: undefined, metadata: {}, violations: [], retryDelayMs: undefined };
  expect(packStatus({ code, message, ...bare }).details).toEqual([]);
  expect(unpackDetails(packStatus({ code, message, ...bare }))).toEqual(bare);
});

test("ignores the reason of another domain", () => {
  const info = create(ErrorInfoSchema, { reason: "QUOTA", domain: "elsewhere.example" });
  const details = [anyPack(ErrorInfoSchema, info)];
  expect(unpackDetails(create(StatusSchema, { details })).reason).toBeUndefined();
});

test("prefers the call's own code and message to those in the details", () => {
  const metadata = statusMetadata(packStatus(full));
  const read = statusOfError(errorOf(status.UNAVAILABLE, "no route", metadata));
  expect(read).toMatchObject({ code: status.UNAVAILABLE, message: "no route" });
  expect(unpackDetails(read).reason).toBe("DEPTH_FULL");
});

test("falls back to the plain status if trailers do not parse", () => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from([0xff]));
  expect(statusOfError(errorOf(status.UNKNOWN, "odd", metadata))).toEqual(
    create(StatusSchema, { code: status.UNKNOWN, message: "odd" }),
  );
});
