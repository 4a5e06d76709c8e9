/** The model provider of a storm, which may be down, and may refuse the calls of single accounts. */
import type { ProviderReply, ProviderSimulator } from "@millrace/testing";
import { accountOf } from "./models.ts";

const well: ProviderReply = { kind: "answer", pieces: ["a"] };

export class StormProvider {
  #down: ProviderReply | undefined;
  readonly #refusals = new Map<string, ProviderReply>();

  constructor(simulator: Pick<ProviderSimulator, "behave">) {
    simulator.behave(({ model }) => this.#down ?? this.#refusals.get(accountOf(model)) ?? well);
  }

  /** From now on all calls get this reply; undefined ends it. */
  goDown(reply: ProviderReply | undefined): void {
    this.#down = reply;
  }

  /** From now on the calls of an account get this reply. */
  refuse(account: string, reply: ProviderReply): void {
    this.#refusals.set(account, reply);
  }

  serve(account: string): void {
    this.#refusals.delete(account);
  }
}
