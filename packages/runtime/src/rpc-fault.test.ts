import { create } from "@bufbuild/protobuf";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { StatusSchema } from "@millrace/proto/rpc-status";
import { reasons } from "@millrace/shared";
import { expect, test } from "vitest";
import {
  asRpcFault,
  codeOfReason,
  fromGrpcError,
  fromRpcStatus,
  httpStatusOf,
  rpcError,
  toGrpcStatus,
  toRpcStatus,
} from "./rpc-fault.ts";

const grpcError = (fault: ReturnType<typeof rpcError>): ServiceError =>
  Object.assign(new Error(fault.message), { name: "Error", ...toGrpcStatus(fault) });

test.each(reasons)("sends the reason %s over the wire", (reason) => {
  const sent = rpcError({
    reason,
    message: "said",
    metadata: { queue: "documents" },
    violations: [{ field: "jobs[1].queue", description: "is empty" }],
    retryDelayMs: 250,
  });
  expect(fromGrpcError(grpcError(sent))).toMatchObject({
    code: codeOfReason(reason),
    reason,
    message: "said",
    metadata: { queue: "documents" },
    violations: [{ field: "jobs[1].queue", description: "is empty" }],
    retryDelayMs: 250,
  });
});

test.each([
  ["MALFORMED", status.INVALID_ARGUMENT],
  ["UNAUTHENTICATED", status.UNAUTHENTICATED],
  ["TOKEN_REJECTED", status.UNAUTHENTICATED],
  ["JOB_NOT_FOUND", status.NOT_FOUND],
  ["IDEMPOTENCY_CONFLICT", status.ALREADY_EXISTS],
  ["DEPTH_FULL", status.RESOURCE_EXHAUSTED],
  ["LEASE_LOST", status.ABORTED],
  ["ILLEGAL_TRANSITION", status.FAILED_PRECONDITION],
  ["OUTPUT_GONE", status.OUT_OF_RANGE],
  ["DRAINING", status.UNAVAILABLE],
  ["STORE_UNAVAILABLE", status.UNAVAILABLE],
  ["INTERNAL", status.INTERNAL],
] as const)("%s is gRPC code %i", (reason, code) => {
  expect(rpcError({ reason, message: "" }).code).toBe(code);
});

test.each([
  ["MALFORMED", 400],
  ["UNAUTHENTICATED", 401],
  ["JOB_NOT_FOUND", 404],
  ["ILLEGAL_TRANSITION", 409],
  ["OUTPUT_GONE", 410],
  ["TOO_LARGE", 413],
  ["DOCUMENT_TYPE_MISMATCH", 415],
  ["DEPTH_FULL", 429],
  ["INTERNAL", 500],
  ["DRAINING", 503],
] as const)("%s is HTTP status %i", (reason, http) => {
  expect(httpStatusOf(rpcError({ reason, message: "" }))).toBe(http);
});

test("maps a code without a reason to its HTTP status", () => {
  const httpStatusOfCode = (code: status) =>
    httpStatusOf(fromRpcStatus(create(StatusSchema, { code })));
  expect(httpStatusOfCode(status.DEADLINE_EXCEEDED)).toBe(504);
  expect(httpStatusOfCode(status.UNAVAILABLE)).toBe(503);
});

test("never sends the cause of a fault", () => {
  const fault = asRpcFault(new Error("hunter2"));
  expect(fault.cause).toMatchObject({ message: "hunter2" });
  const sent = toGrpcStatus(fault);
  expect(sent.details).not.toContain("hunter2");
  expect(String(sent.metadata.get("grpc-status-details-bin"))).not.toContain("hunter2");
});

test("passes a fault through unchanged", () => {
  const fault = rpcError({ reason: "LEASE_LOST", message: "gone" });
  expect(asRpcFault(fault)).toBe(fault);
});

test("reads a status without our details with its code and no reason", () => {
  const plain = create(StatusSchema, { code: status.UNAVAILABLE, message: "connect refused" });
  expect(fromRpcStatus(plain)).toMatchObject({ code: status.UNAVAILABLE, reason: undefined });
});

test("ignores an ErrorInfo of another domain", () => {
  const foreign = toRpcStatus(rpcError({ reason: "LEASE_LOST", message: "" }));
  const [info] = foreign.details;
  if (info === undefined) throw new Error("no details");
  info.value = new TextEncoder().encode(
    new TextDecoder().decode(info.value).replace("millrace.dev", "millrace.xyz"),
  );
  expect(fromRpcStatus(foreign).reason).toBeUndefined();
});

test("falls back to the plain status if details do not parse", () => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff]));
  const error = { code: status.NOT_FOUND, details: "no such job", metadata };
  expect(fromGrpcError(Object.assign(new Error("x"), error))).toMatchObject({
    code: status.NOT_FOUND,
    message: "no such job",
  });
});
