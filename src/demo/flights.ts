// 200,000 flights of American airlines, sorted by time of day (data/README.md).

import text from "./data/flights.txt" with { type: "text" };

/** The flights as columns: flight i is the i-th number of each. */
export interface Flights {
  readonly count: number;
  /** Time of day, in minutes since midnight. */
  readonly minutes: Uint16Array;
  /** In minutes; below zero: it was early. */
  readonly delays: Int16Array;
  readonly miles: Uint16Array;
}

let decoded: Flights | null = null;

/** All flights; decoded when first needed, then kept. scripts/make-demo-data.ts tells the form of the file. */
export function flights(): Flights {
  if (decoded) return decoded;
  // The arrays take the byte order of the machine: like the file, every machine that a runtime supports is little-endian.
  const [perMinute, delays, miles] = text.split("\n\n").map((column) =>
    Uint8Array.fromBase64(column).buffer
  );
  const minutes = new Uint16Array(delays!.byteLength / 2);
  let start = 0;
  new Uint16Array(perMinute!).forEach((count, minute) => {
    minutes.fill(minute, start, start + count);
    start += count;
  });
  decoded = {
    count: minutes.length,
    minutes,
    delays: new Int16Array(delays!),
    miles: new Uint16Array(miles!),
  };
  return decoded;
}
