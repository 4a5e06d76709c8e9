// Prints as many free ports as the first argument says, and waits to be killed.
import { freePort } from "@millrace/local";

const ports: number[] = [];
for (let count = Number(process.argv[2]); count > 0; count -= 1) ports.push(await freePort());
process.stdout.write(`${JSON.stringify(ports)}\n`);
setInterval(() => {}, 60_000);
