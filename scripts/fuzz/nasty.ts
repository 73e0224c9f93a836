// Texts that break parsers.

/** Numbers, durations and times that are none, or nearly. */
export const NUMBERS: readonly string[] = [
  ...["0", "1", "-1", "+5", "007", "5.5", "1e400", "1e99", "NaN", "Infinity", "0x10", "1_000"],
  ...["2147483647", "2147483648", "9007199254740991", "9007199254740993", "9".repeat(30)],
  ...["-1s", "5 m", "\u0663s", "PT", "P1Y", "PT5S5S", "PT0.5S", "250ms", "1s", "99999999d"],
  ...["2026-11-24T09:30:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "9999999"],
];

/** Texts that are no names, or nearly. */
export const TEXTS: readonly string[] = [
  ...["", " ", "a", ".", "..", "a b", "__proto__", "constructor", "toString", "null", "true"],
  ...["'", '"', "\\", "%", "_", "*", "<script>alert(1)</script>", "${7*7}", "a\u0000b"],
  ...["a\r\nSet-Cookie: x=y", "\u202eabc", "\u00e9", "\u{1f600}", "\ufffd", "K", "high "],
  ...["a".repeat(128), "a".repeat(129), "a".repeat(513), "\u20ac".repeat(171)],
  ...["rejected", "running", "newest", "default", "fulfilled", "cancel", "anonymous", "high"],
];

/** Ids that are none, or of nothing. */
export const IDS: readonly string[] = [
  ...["0", "undefined", "00000000-0000-0000-0000-000000000000", "a".repeat(36), "-".repeat(36)],
  ...["01935e4c-7a7b-7000-8a3f-0123456789ab", "01935e4c-7a7b-4000-8a3f-0123456789ab"],
  ...["01935E4C-7A7B-7000-8A3F-0123456789AB", "01935e4c7a7b70008a3f0123456789ab", "..", "%2e"],
];

/** Escapes and raw characters of paths and queries. */
export const ESCAPES: readonly string[] = [
  ...["%", "%z", "%zz", "%00", "%0", "%2f", "%5c", "%2e%2e", "%ff", "%c3%28", "%25", "%u0041"],
  ...["\\", "\u00e9", "[", "{", "|", "^", "`", '"', "<", "+", ";", "&", "=", "@", "#", "*"],
];

/** What a header may hold that nobody expects. */
export const HEADER_VALUES: readonly string[] = [
  ...["", "*", "*/*", "a", ",", ";", ";q=1", "a/b;q=NaN", "application/json;q=1.0000", "q=0"],
  ...["application/json;q=-1", "*/*;q=0", "text/html", "multipart/mixed", "text/event-stream"],
  ...["application/x-ndjson", "application/vnd.msgpack", "application/json", "image/png"],
  ...["wait=-1", "wait=1e99", "wait=x", "wait=0, wait=0", "wait=0.01", "respond-async", "wait"],
  ...["bytes=0-0", "bytes=5-2", "bytes=-0", "bytes=9-", "bytes=0-1,3-4", "lines=0-1", "bytes="],
  ...[`bytes=${"0-0,".repeat(1_000)}1-1`, `bytes=${"9".repeat(40)}-`, "bytes=-99999999999999999"],
  ...['"', '""', 'W/"', '"a", "b"', 'W/"a"', `"${"a".repeat(8_000)}"`, "end", "-1", "1e9"],
  ...["9007199254740992", "\u00e9", "Bearer", "Bearer ", "Bearer a b", "Basic YTpi", "bearer \xff"],
  ...["hearty-login=", "hearty-login=a; hearty-login=b", "a=b; ;=;", `a=${"b".repeat(4_000)}`],
  ...["00-00000000000000000000000000000000-0000000000000000-00", "00-x", "text/*, ".repeat(500)],
  ...["http://evil.example", "null", "identity", "gzip", "chunked", "websocket", "100-continue"],
];

/** Headers that something reads. */
export const HEADER_NAMES: readonly string[] = [
  ...["Accept", "Prefer", "Range", "If-Range", "If-Match", "If-None-Match", "Last-Event-ID"],
  ...["Cookie", "traceparent", "tracestate", "Accept-Encoding", "Forwarded", "X-Forwarded-For"],
  ...["X-Forwarded-Host", "X-Forwarded-Proto", "If-Modified-Since", "X-HTTP-Method-Override"],
];
