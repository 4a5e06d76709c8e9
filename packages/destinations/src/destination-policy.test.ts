import { expect, test } from "vitest";
import { parseAllowedDestinations } from "./allowed-destinations.ts";
import { DestinationPolicy } from "./destination-policy.ts";

function policyFor(setting = "") {
  const { allowed, problems } = parseAllowedDestinations(setting);
  expect(problems).toEqual([]);
  return new DestinationPolicy(allowed);
}

/** What a policy without exceptions says of a URL. */
const verdict = (url: string) => {
  const checked = policyFor().checkUrl(url);
  return checked.kind === "allowed" ? checked.url.hostname : checked.message;
};

test.each([
  "https://example.com/hook?token=1",
  "https://example.com:8443/",
  "https://8.8.8.8/",
  "https://[2606:4700:4700::1111]/",
  // Names are checked when they are resolved.
  "https://metadata.google.internal/",
  "https://10.0.0.1.nip.io/",
])("allows %s", (url) => {
  expect(policyFor().checkUrl(url)).toMatchObject({ kind: "allowed", url: new URL(url) });
});

/** By range, as RFC 6890 and its successors list them. */
const special = {
  "this network": ["0.0.0.0", "0.255.255.255"],
  private: [
    "10.0.0.0",
    "10.255.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.255.255",
  ],
  "shared with carriers": ["100.64.0.0", "100.127.255.255"],
  loopback: ["127.0.0.0", "127.255.255.255", "::1"],
  "link-local and metadata": [
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "fe80::1",
    "febf::1",
  ],
  "metadata elsewhere": ["100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"],
  "for protocols and documentation": [
    ...[
      "192.0.0.0",
      "192.0.2.1",
      "192.88.99.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.1",
      "203.0.113.1",
    ],
    ...["2001:db8::1", "2001:2::1", "2001:20::1", "3fff::1", "100::1"],
  ],
  "multicast, reserved and broadcast": [
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    "ff02::1",
  ],
  unspecified: ["::"],
  "unique-local and site-local": ["fc00::", "fdff::1", "fec0::1"],
  "IPv4-mapped": ["::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1"],
  "IPv4-compatible": ["::8.8.8.8", "::127.0.0.1"],
  "NAT64, 6to4 and Teredo": [
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001::1",
  ],
  "not assigned": ["4000::1", "5f00::1", "::fffe:1:1", "100:0:0:1::1"],
};

test.each(Object.entries(special))("refuses addresses of the range: %s", (_, addresses) => {
  for (const address of addresses) {
    const host = address.includes(":") ? `[${address}]` : address;
    expect(verdict(`https://${host}/`), address).toMatch(/is not a public address/);
    const named = { protocol: "https:", hostname: "rebound.example" };
    expect(policyFor().allowsAddress(named, address), address).toBe(false);
  }
});

test("allows the addresses next to the special ranges", () => {
  const next = [
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
  ];
  const more = [
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
  ];
  const last = [
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "168.63.129.17",
    "2003::1",
  ];
  for (const address of [...next, ...more, ...last]) {
    const url = { protocol: "https:", hostname: "example.com" };
    expect(policyFor().allowsAddress(url, address), address).toBe(true);
  }
});

test.each([
  ["https://2130706433/", "127.0.0.1"],
  ["https://0x7f000001/", "127.0.0.1"],
  ["https://0x7f.1/", "127.0.0.1"],
  ["https://0177.0.0.1/", "127.0.0.1"],
  ["https://127.1/", "127.0.0.1"],
  ["https://127.0.0.1./", "127.0.0.1"],
  ["https://１２７。０.０.１/", "127.0.0.1"],
  ["https://%31%32%37.0.0.1/", "127.0.0.1"],
  ["https://0/", "0.0.0.0"],
  ["https://0xa9fea9fe/", "169.254.169.254"],
  ["https://[::ffff:a9fe:a9fe]/", "[::ffff:a9fe:a9fe]"],
  ["https://[0:0:0:0:0:ffff:127.0.0.1]/", "[::ffff:7f00:1]"],
  ["https://LocalHost:8080/", "localhost"],
  ["https://ⓛocalhost/", "localhost"],
  ["https://localhost./", "localhost."],
  ["https://anything.localhost/", "anything.localhost"],
])("sees through another way to write an address: %s is %s", (url, host) => {
  expect(verdict(url)).toBe(
    `${host} is not a public address. Only the operator can allow it: MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS.`,
  );
});

test.each([
  [
    "http://example.com/",
    /plain HTTP.*http:\/\/example\.com to MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS/,
  ],
  ["https://user@example.com/", /user name or password/],
  ["https://:secret@example.com/", /user name or password/],
  ["https://example.com@127.0.0.1/", /user name or password/],
  ["ftp://example.com/", /must begin with https/],
  ["file:///etc/passwd", /must begin with https/],
  ["gopher://example.com:6379/_FLUSHALL", /must begin with https/],
  ["javascript:alert(1)", /must begin with https/],
  ["//example.com/", /not valid/],
  ["https://", /not valid/],
  ["https://exa mple.com/", /not valid/],
  ["https://[::1%25eth0]/", /not valid/],
  [`https://example.com/${"a".repeat(2_048)}`, /longer than 2048/],
])("refuses %s", (url, why) => {
  expect(verdict(url)).toMatch(why);
});

test("a refusal names the host of a URL, and neither its path nor its query", () => {
  for (const url of [
    "http://example.com/path-secret?q=secret",
    "https://10.0.0.1/secret?secret",
    "https://a:secret@b/",
  ]) {
    expect(verdict(url)).not.toContain("secret");
  }
});

test("the operator allows hosts by name, whatever their addresses are, and not their neighbours", () => {
  const policy = policyFor("hooks.internal, *.svc.cluster.local");
  const allows = (url: string) => policy.checkUrl(url).kind === "allowed";
  const at = (hostname: string) =>
    policy.allowsAddress({ protocol: "https:", hostname }, "10.0.0.1");
  expect(
    ["hooks.internal", "HOOKS.internal.", "a.b.svc.cluster.local"].map((host) =>
      allows(`https://${host}/`),
    ),
  ).toEqual([true, true, true]);
  expect(["hooks.internal", "hooks.internal.", "a.svc.cluster.local"].map(at)).toEqual([
    true,
    true,
    true,
  ]);
  expect(
    ["a.hooks.internal", "svc.cluster.local", "asvc.cluster.local", "hooks.internal.example"].map(
      at,
    ),
  ).toEqual([false, false, false, false]);
  // A pattern of names does not stand for addresses.
  expect(allows("https://10.0.0.1/")).toBe(false);
  expect(policyFor("*").checkUrl("https://10.0.0.1/").kind).toBe("allowed");
});

test("the operator allows networks and addresses, for every host in them", () => {
  const policy = policyFor("10.1.0.0/16, 127.0.0.1, [fd00::1], fd01::/16");
  const at = (address: string) =>
    policy.allowsAddress({ protocol: "https:", hostname: "a.example" }, address);
  expect(["10.1.2.3", "127.0.0.1", "fd00::1", "fd01::2"].map(at)).toEqual([true, true, true, true]);
  expect(["10.2.0.1", "127.0.0.2", "fd00::2", "::ffff:10.1.2.3"].map(at)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(policy.checkUrl("https://10.1.2.3/").kind).toBe("allowed");
});

test("an address of a NAT64 network that is allowed stands for the address behind it", () => {
  const policy = policyFor("64:ff9b::/96");
  const at = (address: string) =>
    policy.allowsAddress({ protocol: "https:", hostname: "a.example" }, address);
  expect(at("64:ff9b::8.8.8.8")).toBe(true);
  expect(at("64:ff9b::10.0.0.1")).toBe(false);
  expect(at("64:ff9b::169.254.169.254")).toBe(false);
});

test("plain HTTP goes only where the operator allows it", () => {
  const policy = policyFor(
    "http://hooks.internal, http://10.0.0.0/8, other.internal, 192.168.0.0/16",
  );
  const allows = (url: string) => policy.checkUrl(url).kind === "allowed";
  expect(
    ["http://hooks.internal/", "https://hooks.internal/", "http://10.0.0.1/"].map(allows),
  ).toEqual([true, true, true]);
  expect(["http://192.168.0.1/", "http://8.8.8.8/"].map(allows)).toEqual([false, false]);
  // Whether a name is in the network is known when it is resolved.
  expect(allows("http://other.internal/")).toBe(true);
  const at = (address: string) =>
    policy.allowsAddress({ protocol: "http:", hostname: "other.internal" }, address);
  expect(["10.0.0.1", "192.168.0.1", "8.8.8.8"].map(at)).toEqual([true, false, false]);
  expect(policyFor("other.internal").checkUrl("http://other.internal/").kind).toBe("refused");
});

test.each([
  "10.0.0.0/99",
  "10.1",
  "0x7f.1",
  "https://a.example",
  "a.example:8080",
  "a.*.example",
  "http://",
  "fd00::/200",
  "a b",
])("an entry that is no network, address or pattern is a problem: %s", (entry) => {
  const { allowed, problems } = parseAllowedDestinations(`a.example, ${entry}`);
  expect(allowed).toHaveLength(1);
  expect(problems).toEqual([expect.stringContaining(`"${entry}"`)]);
});
