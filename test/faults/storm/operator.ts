import { AdminService } from "@millrace/proto/admin-service";
import { type GrpcClient, grpcClient } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { passing } from "./passing.ts";

export type Admin = GrpcClient<typeof AdminService>["rpc"];

/** Whoever runs the Millrace of a storm: asks its schedulers in turns, again until one answers. */
export class Operator implements Disposable {
  /** To ask once, while nothing is broken. */
  readonly rpc: Admin;
  readonly #admin: GrpcClient<typeof AdminService>;
  readonly #clock: Clock;

  constructor(addresses: readonly string[], clock: Clock) {
    this.#admin = grpcClient(AdminService, `ipv4:${addresses.join(",")}`);
    this.rpc = this.#admin.rpc;
    this.#clock = clock;
  }

  /** For calls that are safe to repeat. */
  ask<T>(call: (admin: Admin) => Promise<T>): Promise<T> {
    return passing(() => call(this.rpc), this.#clock);
  }

  [Symbol.dispose](): void {
    this.#admin.close();
  }
}
