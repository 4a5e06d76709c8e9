import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { onTestFinished } from "vitest";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** The attributes that are text or whole numbers. */
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failed: boolean;
}

type Field = { readonly no: number; readonly value: Uint8Array | number };

/** Yields the fields of a message: bytes unchanged, and whole numbers. Fields of fixed length are left out. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [no, type] = reader.tag();
    if (type === WireType.LengthDelimited) yield { no, value: reader.bytes() };
    else if (type === WireType.Varint) yield { no, value: Number(reader.int64()) };
    else reader.skip(type, no);
  }
}

const partsOf = (bytes: Uint8Array, no: number): Uint8Array[] =>
  [...fieldsOf(bytes)].flatMap((field) =>
    field.no === no && typeof field.value !== "number" ? [field.value] : [],
  );
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

/** Reads a KeyValue whose AnyValue is a string (1) or an int (3). */
function attributeOf(bytes: Uint8Array): [string, string | number][] {
  const [value = new Uint8Array()] = partsOf(bytes, 2);
  const [field] = fieldsOf(value);
  if (field?.no === 3 && typeof field.value === "number") {
    return [[textOf(partsOf(bytes, 1)[0]), field.value]];
  }
  if (field?.no !== 1 || typeof field.value === "number") return [];
  return [[textOf(partsOf(bytes, 1)[0]), textOf(field.value)]];
}

/** Reads an opentelemetry.proto.trace.v1.Span by its field numbers. */
function spanOf(bytes: Uint8Array): Span {
  const [status = new Uint8Array()] = partsOf(bytes, 15);
  return {
    traceId: hexOf(partsOf(bytes, 1)[0]),
    spanId: hexOf(partsOf(bytes, 2)[0]),
    parentId: hexOf(partsOf(bytes, 4)[0]),
    name: textOf(partsOf(bytes, 5)[0]),
    attributes: Object.fromEntries(partsOf(bytes, 9).flatMap(attributeOf)),
    failed: [...fieldsOf(status)].some(({ no, value }) => no === 3 && value === 2),
  };
}

/** Reads an ExportTraceServiceRequest: resource spans (1) contain scope spans (2), which contain spans (2). */
const spansOf = (body: Uint8Array): Span[] =>
  partsOf(body, 1)
    .flatMap((resource) => partsOf(resource, 2))
    .flatMap((scope) => partsOf(scope, 2))
    .map(spanOf);

/** Receives spans over OTLP, as a collector does. */
export async function startSpanCollector() {
  const spans: Span[] = [];
  let arrived = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    spans.push(...spansOf(Buffer.concat(await request.toArray())));
    response.end();
    arrived.resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: "50",
    },
    /** Resolves with a trace's spans once `complete` returns true for them. */
    async trace(traceId: string, complete: (spans: readonly Span[]) => boolean): Promise<Span[]> {
      for (;;) {
        const found = spans.filter((span) => span.traceId === traceId);
        if (complete(found)) return found;
        await arrived.promise;
        arrived = Promise.withResolvers();
      }
    },
  };
}
