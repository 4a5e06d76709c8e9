import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import type { HttpAnswer } from "@millrace/runtime";

/** Answers with JSON that no cache may keep. */
export const jsonAnswer = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body,
});

/** Answers with a message in proto3 JSON, with the fields that hold their default. */
export function messageAnswer<Desc extends DescMessage>(
  status: number,
  desc: Desc,
  message: MessageInitShape<Desc> | undefined,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const whole = create(desc, message) as MessageShape<Desc>;
  const json = toJson(desc, whole, { alwaysEmitImplicit: true });
  return jsonAnswer(status, JSON.stringify(json), headers);
}
