// The options of a server, for `serve` and `demo`.

import { z } from "zod";
import { logOptions } from "./log.ts";
import { choice, duration, flag, integer, option, pattern, size, text, url } from "./options.ts";

const COUNT_MAX = Number.MAX_SAFE_INTEGER;

const rare = { isRare: true };

/** Where a server keeps what it knows. */
export function storeOption(standard: string): z.ZodDefault<z.ZodString> {
  const form = /^(memory|file:.+|postgres(ql)?:\/\/.+)$/;
  return option(pattern(form, "memory, file:PATH or postgres://…").default(standard), {
    value: "STORE",
    help: "memory or file:PATH",
    isSecret: true,
  });
}

/** The table. What has no default here is the application's to say, and else createHearty's: that default is only shown. */
export const serveOptions = {
  host: option(text().default("127.0.0.1"), { value: "ADDRESS", help: "where to listen" }),
  port: option(integer(0, 65_535).default(8080), { value: "PORT", help: "0 picks a free one" }),
  store: storeOption("file:hearty.db"),
  durability: option(choice(["full", "normal"]).default("full"), {
    value: "full|normal",
    help: "survive a power cut, or only kill -9",
  }),
  app: option(text().optional(), {
    value: "FILE",
    help: "a module that exports options of createHearty",
  }),
  policy: option(choice(["fair", "fifo", "strict-priority", "earliest-deadline"]).optional(), {
    standard: "fifo",
    value: "NAME",
    help: "who is next",
  }),
  auth: option(
    pattern(/^(none|tokens:.+|jwt:.+)$/, "none, tokens:FILE or jwt:FILE").default("none"),
    { value: "HOW", help: "who may call: none, tokens:FILE or jwt:FILE" },
  ),
  insecure: flag(false, { help: "allow no authentication off loopback" }),
  ttl: option(duration().optional(), {
    standard: "1h",
    value: "TIME",
    help: "how long results are kept",
  }),
  ...logOptions,
  grace: option(duration().optional(), {
    standard: "30s",
    value: "TIME",
    help: "how long a broken worker keeps its leases, and a stop may take",
    ...rare,
  }),
  "stop-grace": option(duration().optional(), {
    value: "TIME",
    help: "how long a stop may take at most, if not as long as --grace",
    ...rare,
  }),
  heartbeat: option(duration().optional(), {
    standard: "10s",
    value: "TIME",
    help: "how often workers are pinged",
    ...rare,
  }),
  "cancel-grace": option(duration().optional(), {
    standard: "10s",
    value: "TIME",
    help: "how long a cancelled attempt may keep its slot",
    ...rare,
  }),
  "base-path": option(pattern(/^\/[^?#]*$/, "a path that begins with /").optional(), {
    standard: "/",
    value: "PATH",
    help: "the path below which everything is",
    ...rare,
  }),
  "public-url": option(url("http", "https").optional(), {
    value: "URL",
    help: "the server's address as clients see it",
    ...rare,
  }),
  "trust-proxy": flag(false, {
    help: "believe X-Forwarded-For, -Proto and -Host of the proxy in front",
    ...rare,
  }),
  "advertise-url": option(url("http", "https").optional(), {
    value: "URL",
    help: "the server's address as the other servers of a cluster see it",
    ...rare,
  }),
  "cors-origin": option(z.array(url("http", "https")).optional(), {
    value: "ORIGIN",
    help: "an origin whose pages may call",
    ...rare,
  }),
  visibility: option(choice(["organization", "owner"]).optional(), {
    standard: "organization",
    value: "organization|owner",
    help: "who may read a promise: whoever has its id, or who has an interest in it",
    ...rare,
  }),
  "max-store": option(size().optional(), {
    value: "SIZE",
    help:
      "the size of the store above which the cheapest results leave early; else 90 % of the room",
    ...rare,
  }),
  "max-input": option(size().optional(), {
    standard: "16MiB",
    value: "SIZE",
    help: "largest input of a job",
    ...rare,
  }),
  "max-item": option(size().optional(), {
    standard: "16MiB",
    value: "SIZE",
    help: "largest item of a stream",
    ...rare,
  }),
  "max-result": option(size().optional(), {
    standard: "1GiB",
    value: "SIZE",
    help: "largest result",
    ...rare,
  }),
  "max-items": option(integer(1, COUNT_MAX).optional(), {
    standard: 10_000_000,
    value: "COUNT",
    help: "most items of a promise",
    ...rare,
  }),
  "max-queued": option(integer(1, COUNT_MAX).optional(), {
    standard: 100_000,
    value: "COUNT",
    help: "most queued jobs of an owner",
    ...rare,
  }),
  "max-streams": option(integer(1, COUNT_MAX).optional(), {
    standard: 1_000,
    value: "COUNT",
    help: "most open streams of a client",
    ...rare,
  }),
  "max-wait": option(duration().optional(), {
    standard: "60s",
    value: "TIME",
    help: "longest wait of one request",
    ...rare,
  }),
  "max-header": option(size().optional(), {
    standard: "12KiB",
    value: "SIZE",
    help: "largest header of a request",
    ...rare,
  }),
  "max-url": option(size().optional(), {
    standard: "8KiB",
    value: "SIZE",
    help: "longest URL",
    ...rare,
  }),
  unacked: option(size().optional(), {
    standard: "1MiB",
    value: "SIZE",
    help: "most bytes of items that a worker may have sent without an ack",
    ...rare,
  }),
  listener: option(choice(["fast", "hardened"]).default("fast"), {
    value: "fast|hardened",
    help: "how connections are served: hardened has limits of its own where the runtime has none",
    ...rare,
  }),
  follow: option(url("http", "https").optional(), {
    value: "URL",
    help: "be the standby of this server",
    ...rare,
  }),
  "follow-token": option(text().optional(), {
    value: "TOKEN",
    help: "what the standby shows",
    isSecret: true,
    ...rare,
  }),
  "replication-ack": option(
    pattern(/^(none|standby(:.+)?)$/, "none, standby or standby:NAME").default("none"),
    {
      value: "none|standby",
      help: "whether a standby must have it before it is acknowledged",
      ...rare,
    },
  ),
  "replication-log": option(size().optional(), {
    value: "SIZE",
    help: "how much of the feed is kept for standbys that lag behind",
    ...rare,
  }),
  "promote-after": option(duration().optional(), {
    value: "TIME",
    help: "become primary after so long without contact",
    ...rare,
  }),
};

/** The options of a server, checked; the application's file has been loaded by then. */
export type ServeOptions = Omit<z.output<z.ZodObject<typeof serveOptions>>, "app">;
