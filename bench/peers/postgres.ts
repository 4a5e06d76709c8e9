import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@millrace/local";

export interface Postgres extends AsyncDisposable {
  readonly pid: number;
  readonly version: string;
  /** Creates this many empty databases. The databases of the previous call are dropped. */
  newDatabases(count: number): Promise<readonly string[]>;
  databaseBytes(): number;
}

/** Returns the programs of the newest installed version. Debian does not put them on the PATH. */
function programFolder(): string | undefined {
  const found = globSync("/usr/lib/postgresql/*/bin/postgres").sort();
  const last = found.at(-1);
  return last === undefined ? undefined : dirname(last);
}

export const hasPostgres = (): boolean => programFolder() !== undefined;

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | object {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/**
 * Starts a server. A commit does not wait for the disk. Like Redis with `appendfsync everysec`, the server may
 * lose the last moment when the machine dies, and nothing when a process dies.
 */
export async function startPostgres(): Promise<Postgres> {
  const folder = programFolder();
  if (folder === undefined)
    throw new Error(
      "found no PostgreSQL below /usr/lib/postgresql: run apt-get install postgresql",
    );
  const user = unprivileged();
  const directory = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
  if ("uid" in user) chownSync(directory, user.uid, user.gid);
  const run = (program: string, args: readonly string[]) =>
    execFileSync(join(folder, program), args, {
      ...user,
      cwd: directory,
      encoding: "utf8",
      // The program's complaints are in the error that is thrown.
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  run("initdb", ["-D", directory, "-U", "bench", "-A", "trust", "--no-sync"]);
  const port = String(await freePort());
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port,
    synchronous_commit: "off",
    shared_buffers: "512MB",
    max_wal_size: "4GB",
    max_connections: "200",
  };
  const server = spawn(
    join(folder, "postgres"),
    [
      "-D",
      directory,
      ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    ],
    { ...user, cwd: directory, stdio: ["ignore", "ignore", "ignore"] },
  );
  const connection = ["-h", "127.0.0.1", "-p", port, "-U", "bench"];
  const ask = (sql: string) => run("psql", [...connection, "-d", "postgres", "-tAc", sql]);
  for (let tried = 0; ; tried += 1) {
    try {
      ask("select 1");
      break;
    } catch (error) {
      if (tried === 100 || server.exitCode !== null) throw error;
      await sleep(100);
    }
  }
  let made = 0;
  let databases: readonly string[] = [];
  return {
    pid: server.pid ?? 0,
    version: ask("show server_version"),
    async newDatabases(count) {
      for (const name of databases) ask(`drop database ${name} with (force)`);
      databases = Array.from({ length: count }, (_, index) => `bench${made + index}`);
      made += count;
      for (const name of databases) ask(`create database ${name}`);
      return databases.map((name) => `postgres://bench@127.0.0.1:${port}/${name}`);
    },
    databaseBytes: () =>
      databases
        .map((name) => Number(ask(`select pg_database_size('${name}')`)))
        .reduce((sum, bytes) => sum + bytes, 0),
    async [Symbol.asyncDispose]() {
      const ended = once(server, "exit");
      server.kill("SIGINT");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
