import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { endGuarded, startGuarded } from "@millrace/local";

const folder = join(import.meta.dirname, "programs/temporal");
const tool = join(folder, "bin/sql");
const server = join(folder, "bin/server");

export interface Temporal extends AsyncDisposable {
  readonly pid: number;
  readonly address: string;
}

/**
 * Starts the real server, its four services in one process, on two empty databases. It keeps its default of four
 * history shards: 16 and 64 were no faster on two cores.
 */
export async function startTemporal(main: string, visibility: string): Promise<Temporal> {
  setUp(main, "postgresql/v12/temporal");
  setUp(visibility, "postgresql/v12/visibility");
  const { hostname, port, username } = new URL(main);
  // The server has nine ports. Its own address avoids conflicts without changing them.
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const settings = {
    BIND_ON_IP: address,
    DB: "postgres12_pgx",
    POSTGRES_SEEDS: hostname,
    DB_PORT: port,
    POSTGRES_USER: username,
    DBNAME: nameOf(main),
    VISIBILITY_DBNAME: nameOf(visibility),
    DYNAMIC_CONFIG_FILE_PATH: join(folder, "dynamic-config.yaml"),
  };
  const running = await startGuarded(
    "env",
    [...Object.entries(settings).map(([key, value]) => `${key}=${value}`), server, "start"],
    "Frontend is now healthy",
  );
  return {
    pid: running.pid,
    address: `${address}:7233`,
    [Symbol.asyncDispose]: () => endGuarded(running, "SIGKILL"),
  };
}

const nameOf = (database: string): string => new URL(database).pathname.slice(1);

function setUp(database: string, schema: string): void {
  const { hostname, port, username } = new URL(database);
  const run = (...args: readonly string[]) =>
    execFileSync(
      tool,
      [
        ...["--plugin", "postgres12_pgx", "--endpoint", hostname, "--port", port],
        ...["--user", username, "--database", nameOf(database), ...args],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
  run("setup-schema", "--version", "0.0");
  run("update-schema", "--schema-name", schema);
}
