import fc from "fast-check";
import { z } from "zod";
import { nearest, parseArguments, UsageError } from "../../src/cli/args.ts";
import { flag, integer, option, text } from "../../src/cli/options.ts";
import { assert, test } from "../harness/test.ts";

const table = z.strictObject({
  port: option(integer(0, 65_535).default(8080), { value: "PORT", help: "where" }),
  "max-items": option(integer(1, 100).default(10), { value: "COUNT", help: "how many" }),
  name: option(text().optional(), { value: "NAME", help: "who" }),
  tag: option(z.array(text()).default([]), { value: "NAME", help: "which" }),
  insecure: flag(false, { help: "allow it" }),
  load: flag(true, { help: "make load" }),
});

function parse(...words: string[]) {
  const { options, operands } = parseArguments(table, words);
  return { options: Object.fromEntries(options), operands };
}

function refused(words: string[], message: string) {
  assert.throws(() => parse(...words), (error) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, message);
    return true;
  });
}

test("an option's value stands after it or after an equals sign", () => {
  assert.deepEqual(parse("--port", "1", "--name=a=b", "x").options, { port: "1", name: "a=b" });
  assert.deepEqual(parse("--name=").options, { name: "" });
  assert.deepEqual(parse("--name", "-x").options, { name: "-x" });
});

test("a flag needs no value, takes true or false, and is negated by no-", () => {
  assert.deepEqual(parse("--insecure", "--no-load").options, { insecure: true, load: false });
  assert.deepEqual(parse("--insecure=false", "--load=true").options, {
    insecure: false,
    load: true,
  });
  refused(["--insecure=yes"], 'Cannot use "--insecure=yes": --insecure takes no value');
  refused(["--no-load=true"], 'Cannot use "--no-load=true": --load takes no value');
});

test("a list collects its values, everything else may be given once", () => {
  assert.deepEqual(parse("--tag", "a", "--tag=b").options, { tag: ["a", "b"] });
  refused(["--port", "1", "--port", "1"], "Cannot take --port twice");
  refused(["--load", "--no-load"], "Cannot take --load twice");
});

test("operands may stand anywhere; a hyphen, a negative number and what follows -- are operands", () => {
  assert.deepEqual(parse("a", "--port", "1", "-", "-5", "--", "--name").operands, [
    "a",
    "-",
    "-5",
    "--name",
  ]);
});

test("an unknown option is refused with the nearest right name", () => {
  refused(["--prot", "1"], 'Unknown option "--prot": did you mean --port?');
  refused(["--maxitems=1"], 'Unknown option "--maxitems": did you mean --max-items?');
  refused(["-port"], 'Unknown option "-port": did you mean --port?');
  refused(["--no-name"], 'Unknown option "--no-name"');
  refused(["--something-else"], 'Unknown option "--something-else"');
  refused(["--constructor"], 'Unknown option "--constructor"');
});

test("a missing value is refused", () => {
  refused(["--port"], "Cannot use --port without a value");
  refused(["--port", "--insecure"], "Cannot use --port without a value");
});

test("help is an option of every command, also as -h", () => {
  assert.deepEqual(parse("-h").options, { help: true });
  assert.deepEqual(parse("--help").options, { help: true });
});

test("any words parse or are refused in words", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "--port",
      "--port=",
      "--tag",
      "--",
      "-",
      "--insecure",
      "--no-load",
      "--no-",
      "---",
    ),
    fc.string().map((s) => `--${s}`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      try {
        const { operands } = parse(...words);
        assert.ok(operands.every((operand) => words.includes(operand)));
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
      }
    }),
    { numRuns: 500, seed: 7 },
  );
});

test("the nearest name is one swap, one letter or a third of the word away", () => {
  const names = ["port", "host", "max-items", "policy"];
  assert.equal(nearest("prot", names), "port");
  assert.equal(nearest("hots", names), "host");
  assert.equal(nearest("maximum-items", names), "max-items");
  assert.equal(nearest("zzzz", names), null);
  assert.equal(nearest("", names), null);
});
