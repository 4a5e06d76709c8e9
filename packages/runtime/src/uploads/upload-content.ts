import { type RpcFault, rpcError } from "../rpc-fault.ts";

/** What a message of an upload has: first the header, then content, and the end. */
type Part =
  | { readonly case: "header"; readonly value: unknown }
  | { readonly case: "content"; readonly value: Uint8Array }
  | { readonly case: "end"; readonly value: unknown }
  | { readonly case: undefined; readonly value?: undefined };

const malformed = (message: string): RpcFault => rpcError({ reason: "MALFORMED", message });

/** Reads the header, which must be the first message. */
export async function uploadHeader<Any extends Part>(
  requests: AsyncIterator<{ readonly part: Any }>,
): Promise<Extract<Any, { readonly case: "header" }>["value"]> {
  const first = await requests.next();
  if (first.done !== true && first.value.part.case === "header") return first.value.part.value;
  throw malformed("the first message must be the part `header`");
}

/** Yields the content. Throws unless the part "end" arrives: a cancelled stream ends like a complete one. */
export async function* uploadContent(
  requests: AsyncIterator<{ readonly part: Part }>,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await requests.next();
    if (next.done === true) {
      throw malformed("the upload is incomplete: its last message must be the part `end`");
    }
    const { part } = next.value;
    if (part.case === "end") return;
    if (part.case !== "content") throw malformed("only the first message may be the header");
    yield part.value;
  }
}
