import { parseKindName } from "../../src/core/ids.ts";
import { type InputForm, inputForm } from "../../src/intake/posting.ts";
import type { Refusal } from "../../src/core/problem.ts";
import { assert, describe, test } from "../harness/test.ts";

function form(contentType: string, body = "1"): InputForm | Refusal {
  const kind = parseKindName("price")!;
  return inputForm({
    kind,
    contentType,
    body: new TextEncoder().encode(body),
    explicitKey: null,
    owner: "ann",
  });
}

function code(contentType: string): string | null {
  const read = form(contentType);
  return "refused" in read ? read.refused : null;
}

describe("the media type of an input", () => {
  test("says whether it is JSON, MessagePack or bytes", () => {
    assert.deepEqual(form("application/json"), { read: "json", mediaType: null });
    assert.deepEqual(form("Application/JSON ; Charset=UTF-8"), { read: "json", mediaType: null });
    assert.deepEqual(form("application/geo+json"), {
      read: "json",
      mediaType: "application/geo+json",
    });
    assert.deepEqual(form("application/json;profile=x"), {
      read: "json",
      mediaType: "application/json;profile=x",
    });
    for (
      const name of ["application/vnd.msgpack", "application/msgpack", "application/x-msgpack"]
    ) {
      assert.deepEqual(form(name), { read: "msgpack", mediaType: null });
    }
    assert.deepEqual(form("text/json"), { read: "bytes", mediaType: "text/json" });
    assert.deepEqual(form("image/png"), { read: "bytes", mediaType: "image/png" });
  });

  test("is octets where there is none, and of an empty body that does not claim to be JSON", () => {
    const octets = { read: "bytes", mediaType: "application/octet-stream" };
    assert.deepEqual(form(""), octets);
    assert.deepEqual(form("", ""), octets);
    assert.deepEqual(form("text/plain", ""), octets);
    assert.deepEqual(form("application/json", ""), { read: "json", mediaType: null });
  });

  test("has one spelling for equal parameters", () => {
    const spellings = [
      "text/plain;charset=utf-8;x=Y",
      "TEXT/Plain; X=Y; CHARSET=UTF-8",
      'text/plain ;\tx="Y" ;charset="Utf-8";',
      'text/plain; x="\\Y"; charset=utf-8',
    ];
    for (const spelling of spellings) {
      assert.deepEqual(
        form(spelling),
        { read: "bytes", mediaType: "text/plain;charset=utf-8;x=Y" },
        spelling,
      );
    }
    assert.deepEqual(form('a/b;x="a b\\"c"'), { read: "bytes", mediaType: 'a/b;x="a b\\"c"' });
    assert.notDeepEqual(form("a/b;x=Y"), form("a/b;x=y"));
  });

  test("is refused where it is malformed", () => {
    const malformed = [
      ...[
        "json",
        "a/",
        "/b",
        "a/b c",
        "a/b;x",
        "a/b;x=",
        'a/b;x="',
        "a/b;x=1;X=2",
        "a/b,c/d",
        "ä/b",
        "a/b; x = 1",
      ],
      ...[`a/b;x=${"y".repeat(300)}`, 'a/b;x="\u0001"', "a/b;;=", "application/json/x"],
    ];
    for (const text of malformed) assert.equal(code(text), "invalid-parameter", text);
    assert.equal(code(`a/b${";x=1".repeat(2)}`), "invalid-parameter");
    assert.equal(code("a/b;;x=1;"), null);
  });

  test("does not make JSON of another charset readable", () => {
    assert.equal(code("application/json;charset=utf-16"), "unsupported-media-type");
    assert.equal(code("application/ld+json;charset=latin1"), "unsupported-media-type");
    assert.equal(code("text/plain;charset=utf-16"), null);
  });
});
