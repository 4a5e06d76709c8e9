import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import { writeJson } from "./output.ts";
import type { Shell } from "./shell.ts";

/** A message of the contract as proto3 JSON, with every field that has a default: what programs read stays where it is. */
export function writeMessage<Desc extends DescMessage>(
  shell: Shell,
  desc: Desc,
  message: MessageShape<Desc> | undefined,
): void {
  writeJson(shell, toJson(desc, required(message), { alwaysEmitImplicit: true }));
}

/** A part of an answer that the contract promises. */
export function required<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the scheduler answered with an empty message");
  return part;
}
