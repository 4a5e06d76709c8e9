import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

export type Value = string | number | boolean | readonly Value[];
export type Attributes = Readonly<Record<string, Value>>;

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer" | "unspecified";
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** The traces that the span is linked to. */
  readonly links: readonly string[];
  readonly failed: boolean;
  /** The attributes of the process that made the span. */
  readonly resource: Attributes;
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;

type Field = { readonly no: number; readonly value: Uint8Array | number };

/** Yields the fields of a message: bytes unchanged, and numbers. Fixed64 is a time in nanoseconds, or a double's bytes. */
function* fieldsOf(bytes: Uint8Array, fixed64: "time" | "double" = "time"): Generator<Field> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [no, type] = reader.tag();
    if (type === WireType.LengthDelimited) yield { no, value: reader.bytes() };
    else if (type === WireType.Varint) yield { no, value: Number(reader.int64()) };
    else if (type !== WireType.Bit64) reader.skip(type, no);
    else if (fixed64 === "double") yield { no, value: reader.double() };
    else yield { no, value: Number(BigInt(reader.fixed64()) / 1_000n) / 1_000 };
  }
}

const partsOf = (bytes: Uint8Array, no: number): Uint8Array[] =>
  [...fieldsOf(bytes)].flatMap((field) =>
    field.no === no && typeof field.value !== "number" ? [field.value] : [],
  );
const numberOf = (bytes: Uint8Array, no: number): number =>
  [...fieldsOf(bytes)].flatMap((field) =>
    field.no === no && typeof field.value === "number" ? [field.value] : [],
  )[0] ?? 0;
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

/** Reads an AnyValue: a string (1), a bool (2), an int (3), a double (4) or an array (5). */
function anyValueOf(bytes: Uint8Array): Value {
  const [field] = fieldsOf(bytes, "double");
  if (field === undefined) return "";
  if (typeof field.value === "number") return field.no === 2 ? field.value === 1 : field.value;
  return field.no === 5 ? partsOf(field.value, 1).map(anyValueOf) : textOf(field.value);
}

/** Reads the KeyValues in a field. */
const attributesOf = (bytes: Uint8Array, no: number): Attributes =>
  Object.fromEntries(
    partsOf(bytes, no).map((pair) => [
      textOf(partsOf(pair, 1)[0]),
      anyValueOf(partsOf(pair, 2)[0] ?? new Uint8Array()),
    ]),
  );

/** Reads an opentelemetry.proto.trace.v1.Span by its field numbers. */
function spanOf(bytes: Uint8Array, resource: Attributes): Span {
  const [status = new Uint8Array()] = partsOf(bytes, 15);
  return {
    traceId: hexOf(partsOf(bytes, 1)[0]),
    spanId: hexOf(partsOf(bytes, 2)[0]),
    parentId: hexOf(partsOf(bytes, 4)[0]),
    name: textOf(partsOf(bytes, 5)[0]),
    kind: KINDS[numberOf(bytes, 6)] ?? "unspecified",
    startMs: numberOf(bytes, 7),
    endMs: numberOf(bytes, 8),
    attributes: attributesOf(bytes, 9),
    events: partsOf(bytes, 11).map((event) => ({
      name: textOf(partsOf(event, 2)[0]),
      atMs: numberOf(event, 1),
      attributes: attributesOf(event, 3),
    })),
    links: partsOf(bytes, 13).map((link) => hexOf(partsOf(link, 1)[0])),
    failed: numberOf(status, 3) === 2,
    resource,
  };
}

/** Reads an ExportTraceServiceRequest: resource spans (1) contain scope spans (2), which contain spans (2). */
export const spansOf = (body: Uint8Array): Span[] =>
  partsOf(body, 1).flatMap((of) => {
    const [resource = new Uint8Array()] = partsOf(of, 1);
    const attributes = attributesOf(resource, 1);
    return partsOf(of, 2)
      .flatMap((scope) => partsOf(scope, 2))
      .map((span) => spanOf(span, attributes));
  });

type Complete = (spans: readonly Span[]) => boolean;

/** Receives spans over OTLP, as a collector does. */
export async function openSpanCollector() {
  const spans: Span[] = [];
  let arrived = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    spans.push(...spansOf(Buffer.concat(await request.toArray())));
    response.end();
    arrived.resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const until = async (isWanted: (span: Span) => boolean, complete: Complete): Promise<Span[]> => {
    for (;;) {
      const found = spans.filter(isWanted);
      if (complete(found)) return found;
      await arrived.promise;
      arrived = Promise.withResolvers();
    }
  };
  return {
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: "50",
    },
    /** Resolves with a trace's spans once `complete` returns true for them. */
    trace: (traceId: string, complete: Complete) =>
      until((span) => span.traceId === traceId, complete),
    /** The same for the trace that a job is in. */
    job: (jobId: string, complete: Complete) =>
      until((span) => {
        const own = spans.find(({ attributes }) => attributes["millrace.job.id"] === jobId);
        return own !== undefined && span.traceId === own.traceId;
      }, complete),
    /** Resolves with all spans of these traces and others once `complete` returns true for them. */
    all: (complete: Complete) => until(() => true, complete),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
