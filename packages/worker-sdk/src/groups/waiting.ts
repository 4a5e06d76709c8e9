import { create } from "@bufbuild/protobuf";
import { WaitingSchema } from "@millrace/proto/worker-service";
import type { Outcome } from "../outcome.ts";

/**
 * What `fanOut` throws when the attempt ends to wait for its children. It is no failure. Let it pass: code that catches
 * it and goes on does work that the next run repeats.
 */
export class WaitingForChildren extends Error {
  override readonly name = "WaitingForChildren";
  /** How many children the attempt waits for. */
  readonly children: number;

  constructor(children: number) {
    super(
      `The attempt waits for ${children} children. Its executor runs again when they have ended.`,
    );
    this.children = children;
  }
}

export const waiting = ({ children }: WaitingForChildren): Outcome => ({
  case: "waiting",
  value: create(WaitingSchema, { children }),
});
