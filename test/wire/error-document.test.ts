import { errorDocument } from "../../src/wire/error-document.ts";
import { assert, test } from "../harness/test.ts";
import { ERROR } from "./samples.ts";

test("an error document has its detail as a value", () => {
  assert.deepEqual(errorDocument({ ...ERROR, detail: '{"a":[1]}' }).detail, { a: [1] });
  assert.equal(errorDocument({ ...ERROR, detail: null }).detail, null);
});
