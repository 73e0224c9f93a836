import { LOGIN_COOKIE, LOGIN_MS, Logins, withLogins } from "../../../src/http/auth/login.ts";
import { tokenDoor } from "../../../src/http/auth/tokens.ts";
import { ManualClock } from "../../harness/manual-clock.ts";
import { assert, test } from "../../harness/test.ts";
import { sha256, tokensFile } from "./served.ts";

function fixture() {
  const clock = new ManualClock();
  let made = 0;
  return { clock, logins: new Logins(clock, () => `id-${made++}`) };
}

function request(headers: Record<string, string> = {}): Request {
  return new Request("http://hearty.test/jobs", { headers });
}

function shows(cookie: string): Request {
  return request({ Cookie: `${LOGIN_COOKIE}=${cookie}` });
}

const credentials = request({ Authorization: "Bearer alice-token" });

test("a login stands for what was shown at its beginning, among other cookies too", () => {
  const { logins } = fixture();
  const id = logins.begin("alice", credentials);
  assert.equal(logins.credentialsOf(shows(id)), credentials);
  assert.equal(
    logins.credentialsOf(request({ Cookie: `a=b; ${LOGIN_COOKIE}=${id};c` })),
    credentials,
  );
});

test("an id that is unknown, empty or of another cookie stands for nothing", () => {
  const { logins } = fixture();
  const id = logins.begin("alice", credentials);
  for (
    const cookie of [`${LOGIN_COOKIE}=`, `${LOGIN_COOKIE}=id-9`, `x${LOGIN_COOKIE}=${id}`, id, ""]
  ) {
    assert.equal(logins.credentialsOf(request({ Cookie: cookie })), null, cookie);
  }
});

test("a login is over after its time, or when it is ended", async () => {
  const { clock, logins } = fixture();
  const first = logins.begin("alice", credentials);
  const second = logins.begin("alice", credentials);
  logins.end(shows(second));
  assert.equal(logins.credentialsOf(shows(second)), null);
  await clock.advance(LOGIN_MS - 1);
  assert.equal(logins.credentialsOf(shows(first)), credentials);
  await clock.advance(1);
  assert.equal(logins.credentialsOf(shows(first)), null);
});

test("an owner with too many logins loses its oldest, and nobody else's", () => {
  const { logins } = fixture();
  const bobs = logins.begin("bob", credentials);
  const ids = Array.from({ length: 101 }, () => logins.begin("alice", credentials));
  assert.equal(logins.credentialsOf(shows(ids[0]!)), null);
  assert.equal(logins.credentialsOf(shows(ids[1]!)), credentials);
  assert.equal(logins.credentialsOf(shows(bobs)), credentials);
});

test("with too many logins in all the oldest goes", () => {
  const { logins } = fixture();
  const ids = Array.from({ length: 5_001 }, (_, i) => logins.begin(`owner-${i}`, credentials));
  assert.equal(logins.credentialsOf(shows(ids[0]!)), null);
  assert.equal(logins.credentialsOf(shows(ids[1]!)), credentials);
});

test("a request that shows a token is judged by that alone", () => {
  const { logins } = fixture();
  const cookie = `${LOGIN_COOKIE}=${logins.begin("alice", credentials)}`;
  for (const header of ["Bearer wrong", "Basic YTpi", ""]) {
    const shown = request({ Cookie: cookie, Authorization: header });
    assert.equal(logins.credentialsOf(shown), null, header);
  }
});

test("a token that is taken away ends its logins", async () => {
  const { logins } = fixture();
  const door = tokenDoor(tokensFile({ alice: ["client"] }), sha256);
  const authenticator = withLogins(door, logins);
  const id = logins.begin("alice", credentials);
  assert.deepEqual(await authenticator.identify(shows(id)), await door.identify(credentials));
  door.replace(tokensFile({ bob: ["client"] }));
  assert.ok("refused" in await authenticator.identify(shows(id)));
});
