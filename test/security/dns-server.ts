import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Answer, decode, encode } from "dns-packet";

/** The addresses of a name, by the number of times that it was asked before. Undefined: there is no answer at all. */
export type Zone = (name: string, asked: number) => readonly string[] | undefined;

/** A DNS server over UDP whose answers a test decides. */
export async function startDnsServer(zone: Zone) {
  /** The ids of the queries for a name and type. A query that is sent again, because its answer came late, counts once. */
  const asked = new Map<string, number[]>();
  const socket = createSocket("udp4");
  socket.on("message", (bytes, peer) => {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    const { name = "", type = "A" } = question ?? {};
    const ids = asked.get(`${name} ${type}`) ?? [];
    asked.set(`${name} ${type}`, ids);
    if (!ids.includes(query.id ?? 0)) ids.push(query.id ?? 0);
    const before = ids.indexOf(query.id ?? 0);
    const addresses = zone(name, before);
    if (addresses === undefined) return;
    const answers = addresses
      .filter((address) => address.includes(":") === (type === "AAAA"))
      .map((data): Answer => ({ name, type: type as "A" | "AAAA", ttl: 0, data }));
    const flags = 0x8180;
    const { id, questions = [] } = query;
    socket.send(
      encode({ type: "response", id: id ?? 0, flags, questions, answers }),
      peer.port,
      peer.address,
    );
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    /** How often the IPv4 addresses of a name were asked for. */
    asked: (name: string) => asked.get(`${name} A`)?.length ?? 0,
    close: () => socket.close(),
  };
}
