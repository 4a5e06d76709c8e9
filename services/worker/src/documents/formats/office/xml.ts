import { textEncodingOf } from "@millrace/documents";
import { Parser } from "htmlparser2";
import { damaged } from "../format.ts";

/** The parser takes time in the square of the depth. Documents have some tens of levels. */
const MOST_LEVELS = 5_000;

export type Attributes = Readonly<Record<string, string>>;

/** Gets the parts of an XML file in order. Names come without their prefix, because programs choose prefixes. */
export interface XmlHandler {
  open(name: string, attributes: Attributes): void;
  close(name: string): void;
  text?(text: string): void;
}

const localName = (name: string) => name.slice(name.indexOf(":") + 1);

/** An attribute by its name without a prefix. */
export function attributeOf(attributes: Attributes, name: string): string | undefined {
  if (attributes[name] !== undefined) return attributes[name];
  const key = Object.keys(attributes).find((one) => one.endsWith(`:${name}`));
  return key === undefined ? undefined : attributes[key];
}

/** An attribute with a prefix, whichever it is. */
export function prefixedAttributeOf(attributes: Attributes, name: string): string | undefined {
  const key = Object.keys(attributes).find((one) => one.endsWith(`:${name}`));
  return key === undefined ? undefined : attributes[key];
}

function decoderFor(start: Uint8Array) {
  const encoding = textEncodingOf(start.subarray(0, 1_024)) ?? "utf-8";
  if (encoding.startsWith("utf-16")) return new TextDecoder(encoding);
  const head = Buffer.from(start.subarray(0, 200)).toString("latin1");
  const named = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)/.exec(head)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(named);
  } catch {
    return new TextDecoder("utf-8");
  }
}

/**
 * Parses XML piece by piece, so that memory does not grow with the file. Declarations are passed over: no entity is
 * expanded but those of XML itself, and nothing is fetched.
 */
export async function parseXml(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  handler: XmlHandler,
): Promise<void> {
  let levels = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        levels += 1;
        if (levels > MOST_LEVELS) throw damaged();
        handler.open(localName(name), attributes);
      },
      onclosetag(name) {
        levels -= 1;
        handler.close(localName(name));
      },
      ontext: (text) => handler.text?.(text),
    },
    { xmlMode: true, decodeEntities: true },
  );
  let decoder: ReturnType<typeof decoderFor> | undefined;
  for await (const piece of pieces) {
    decoder ??= decoderFor(piece);
    parser.write(decoder.decode(piece, { stream: true }));
  }
  parser.end(decoder?.decode() ?? "");
}
