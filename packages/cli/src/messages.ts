import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import { writeJson } from "./output.ts";
import type { Shell } from "./shell.ts";

/**
 * Writes a message of the contract as proto3 JSON. It includes fields with default values, so that programs
 * always find them.
 */
export function writeMessage<Desc extends DescMessage>(
  shell: Shell,
  desc: Desc,
  message: MessageShape<Desc> | undefined,
): void {
  writeJson(shell, toJson(desc, required(message), { alwaysEmitImplicit: true }));
}

/** Returns a part of an answer that the contract always sets. */
export function required<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the scheduler answered with an empty message");
  return part;
}
