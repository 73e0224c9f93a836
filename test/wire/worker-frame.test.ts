// What the worker's end takes from a server, field by field. That all messages come through is frame.test.ts's.

import { decodeServerFrame } from "../../src/wire/worker-frame.ts";
import { assert, test } from "../harness/test.ts";

const run = {
  type: "run",
  lease: "l",
  promise: "p",
  kind: "k",
  attempt: 1,
  storedItems: 0,
  input: { contentType: "a/b", value: null },
};

/** The fault of a server's message. */
function faultOf(message: object): string {
  const decoded = decodeServerFrame("hearty.v1.json", JSON.stringify(message));
  return "fault" in decoded ? decoded.fault : assert.fail(JSON.stringify(decoded));
}

test("each field of a message is checked by name", () => {
  const faults: readonly (readonly [object, string])[] = [
    [{ ...run, input: undefined }, "input"],
    [{ ...run, input: { contentType: "a/b" } }, "input"],
    [{ ...run, input: { contentType: "a/b", body: "no base64" } }, "input"],
    [{ ...run, input: { value: 1 } }, "input"],
    [{ ...run, attempt: "1" }, "attempt"],
    [{ ...run, timeoutMs: 0 }, "timeoutMs"],
    [{ type: "welcome", session: "s", heartbeatMs: 0 }, "heartbeatMs"],
    [{ type: "ack", lease: "l", seq: -1 }, "seq"],
    [{ type: "cancel", lease: "l" }, "reason"],
    [{ type: "ping" }, "n"],
    [{ type: "bye", reason: "r", retryMs: -1 }, "retryMs"],
    [{ type: "error", about: "item" }, "message"],
  ];
  for (const [message, field] of faults) assert.ok(faultOf(message).includes(`"${field}"`), field);
});

test("an unknown type is a fault, also a name of the prototype", () => {
  for (const type of ["dance", "constructor", 5, undefined]) {
    assert.equal(faultOf({ type }), 'Cannot read message: unknown "type"');
  }
});

test("members of a newer server are ignored", () => {
  const decoded = decodeServerFrame("hearty.v1.json", '{"type":"ping","n":1,"new":true}');
  assert.ok("message" in decoded && decoded.message.type === "ping");
});
