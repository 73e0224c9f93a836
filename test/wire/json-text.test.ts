// Values as JSON text: sliced out exactly as JSON.parse would find them.

import fc from "fast-check";
import { documentText, memberText, sayInJson } from "../../src/wire/json-text.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_260_103;

test("the text of a member parses to what JSON.parse gives for it", () => {
  const property = fc.property(
    fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, maxKeys: 5 }),
    fc.constantFrom(undefined, 1, "\t", " \r\n"),
    (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      for (const [name, value] of Object.entries(object)) {
        const found = memberText(text, name);
        assert.deepEqual(JSON.parse(found!.text), JSON.parse(JSON.stringify(value)));
        assert.doesNotMatch(found!.text, /[\r\n]/);
      }
      assert.equal(memberText(text, "no such name, surely"), null);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 500 });
});

test("names are compared as they are meant", () => {
  assert.equal(memberText('{"a\\"b":1,"\\u0061":2}', 'a"b')?.text, "1");
  assert.equal(memberText('{"\\u0061":2}', "a")?.text, "2");
  assert.equal(memberText("{}", "a"), null);
  assert.equal(memberText(' {  "a" :\t-1.5e3 }', "a")?.text, "-1.5e3");
});

test("depth counts arrays and objects within each other", () => {
  const depth = (text: string) => documentText(text).depth;
  assert.deepEqual(["1", '"[["', "[]", '[{"a":[]},[1]]', " [[ ] ] "].map(depth), [0, 0, 1, 3, 2]);
});

test("a document is taken without the white space around it", () => {
  assert.equal(documentText(" 12 \n").text, "12");
  assert.equal(documentText("12").text, "12");
  assert.equal(documentText('\n{"a": 1}\r\n').text, '{"a": 1}');
});

test("JSON says what it can say, and nothing else", () => {
  assert.equal(sayInJson({ a: [1, null, true, "ä"] }), '{"a":[1,null,true,"ä"]}');
  const deep = (levels: number): unknown => levels === 0 ? 1 : [deep(levels - 1)];
  assert.notEqual(sayInJson(deep(1_000)), null);
  for (
    const value of [
      NaN,
      Infinity,
      2n ** 53n,
      new Uint8Array(1),
      new Date(0),
      [undefined],
      deep(1_001),
    ]
  ) {
    assert.equal(sayInJson(value), null);
    assert.equal(sayInJson({ inner: [value] }), null);
  }
});
