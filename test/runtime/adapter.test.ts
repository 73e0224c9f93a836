import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { assert, test } from "../harness/test.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = "test/runtime/adapter-program.ts";
const PERMISSIONS = ["--allow-net", "--allow-read=.", "--allow-env", "--allow-run", "--allow-sys"];
const commands: Record<string, readonly string[]> = {
  bun: ["node_modules/.bin/bun", program],
  deno: ["node_modules/.bin/deno", "run", "--no-check", ...PERMISSIONS, program],
};

for (const [name, command] of Object.entries(commands)) {
  test(`${name}: the handler gets the peer's address, and its answer goes out`, async () => {
    await using server = await start(command);
    assert.equal(await server.text("/hello"), `${name} 127.0.0.1`);
  });

  test(`${name}: a handler that throws is answered with a problem and told as a fault`, async () => {
    await using server = await start(command);
    const response = await fetch(server.url("/throw"));
    assert.equal(response.status, 500);
    assert.equal(response.headers.get("Content-Type"), "application/problem+json");
    assert.equal((await response.json()).title, "Internal Server Error");
    await server.told("fault thrown by the handler");
  });

  test(`${name}: listening on a busy port says which`, async () => {
    await using server = await start(command);
    const message = `Cannot listen on 127.0.0.1:${server.port}: the port is in use`;
    assert.equal(await server.text("/listen"), message);
  });

  test(`${name}: SHA-256 of text is that of its UTF-8`, async () => {
    await using server = await start(command);
    const hex = Buffer.from(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode("ü")),
    ).toString("hex");
    assert.deepEqual(JSON.parse(await server.text("/sha256")), [hex, hex]);
  });

  test(`${name}: a child of the program runs with other arguments, its output on stderr`, async () => {
    await using server = await start(command);
    assert.equal(await server.text("/child"), "7");
    await server.told(/^stderr child one red$/);
  });

  test(`${name}: a child's end is told by its code, or null if a signal was the end`, async () => {
    await using server = await start(command);
    for (const [signal, code] of [["SIGTERM", "0"], ["SIGKILL", "null"]]) {
      await server.text("/server");
      await server.told(/^stderr port /);
      assert.equal(await server.text(`/end?signal=${signal}`), code);
      server.lines.length = 0;
    }
  });

  test(`${name}: a socket speaks the chosen protocol and keeps text and bytes apart`, async () => {
    await using server = await start(command);
    const socket = await open(server);
    assert.equal(socket.protocol, "hearty.v1.json");
    socket.send("text");
    assert.equal(await message(socket), "hearty.v1.json text");
    socket.send(new Uint8Array([1, 2]));
    assert.deepEqual(new Uint8Array(await message(socket) as ArrayBuffer), new Uint8Array([1, 2]));
    socket.close(4123, "done");
    await server.told("closed 4123 4 after");
  });

  test(`${name}: a socket of the largest frame is served, one byte more closes it with 1009`, async () => {
    await using server = await start(command);
    const socket = await open(server);
    socket.send(new Uint8Array(100_000));
    assert.equal((await message(socket) as ArrayBuffer).byteLength, 100_000);
    socket.send("é".repeat(50_001));
    assert.equal((await closed(socket)).code, 1009);
  });

  test(`${name}: a callback that throws closes its socket with 1011 and no other`, async () => {
    await using server = await start(command);
    const [bad, good] = await Promise.all([open(server), open(server)]);
    bad.send("throw");
    assert.equal((await closed(bad)).code, 1011);
    await server.told("fault thrown by a callback");
    good.send("still here");
    assert.equal(await message(good), "hearty.v1.json still here");
    good.close();
  });

  test(`${name}: a port closes once, not inside the call, and sends nothing after it`, async () => {
    await using server = await start(command);
    const socket = await open(server);
    const frames: unknown[] = [];
    socket.onmessage = ({ data }) => frames.push(data);
    socket.send("close");
    const { code, reason } = await closed(socket);
    assert.deepEqual({ code, length: reason.length, frames }, {
      code: 4000,
      length: 123,
      frames: [],
    });
    await server.told("closed 4000 200 after");
    await server.end();
    assert.equal(server.lines.filter((line) => line.startsWith("closed")).length, 1);
  });

  test(`${name}: a peer that vanishes is told as 1006, once`, async () => {
    await using server = await start(command);
    const socket = await rawSocket(server);
    socket.resetAndDestroy();
    await server.told("closed 1006 0 after");
    await server.end();
    assert.equal(server.lines.filter((line) => line.startsWith("closed")).length, 1);
  });

  test(`${name}: a port that was full tells when it has room again`, async () => {
    await using server = await start(command);
    const socket = await rawSocket(server);
    socket.pause();
    socket.write(textFrame("fill"));
    await server.told("filled");
    socket.resume();
    await server.told("drained true");
    socket.destroy();
  });

  test(`${name}: a peer that does not read is given up before memory is`, async () => {
    await using server = await start(command);
    const socket = await rawSocket(server);
    socket.pause();
    socket.write(textFrame("flood"));
    await server.told("closed 1006 0 after");
    socket.destroy();
  });

  test(`${name}: what is no handshake for the protocol cannot be upgraded`, async () => {
    await using server = await start(command);
    assert.match(await server.text("/socket"), /^Cannot upgrade: /);
    for (const change of [{ version: "8" }, { key: "x" }, { protocol: "other" }]) {
      const socket = connect(server.port, "127.0.0.1");
      socket.write(handshake(change));
      const [chunk] = await once(socket, "data");
      assert.match(String(chunk), /^HTTP\/1.1 400 /, JSON.stringify(change));
      socket.destroy();
    }
  });

  test(`${name}: stopping closes sockets with 1001 and lets an answer under way finish`, async () => {
    await using server = await start(command);
    const held = server.text("/held");
    const socket = await open(server);
    await server.told("held");
    const [end] = await Promise.all([closed(socket), server.text("/stop?grace=60000")]);
    assert.equal(end.code, 1001);
    server.signal("SIGHUP");
    assert.equal(await held, "released");
    await server.told("stopped");
  });

  test(`${name}: stopping cuts what is left when the grace is over`, async () => {
    await using server = await start(command);
    const response = await fetch(server.url("/stream"));
    const reader = response.body!.getReader();
    await reader.read();
    const held = fetch(server.url("/held")).then(() => "answered", () => "cut");
    const unanswering = await rawSocket(server);
    unanswering.resume();
    await server.told("held");
    await server.text("/stop?grace=20");
    await server.told("stopped");
    await assert.rejects(reader.read());
    assert.equal(await held, "cut");
    if (!unanswering.closed) await once(unanswering, "close");
    await assert.rejects(fetch(server.url("/hello")));
  });

  test(`${name}: a signal is told, and the program ends by itself`, async () => {
    await using server = await start(command);
    server.signal("SIGTERM");
    await server.told("SIGTERM");
    const [code] = await server.exited;
    assert.equal(code, 0);
  });
}

/** A running program: its lines, and ways to reach it. */
class Running implements AsyncDisposable {
  readonly exited: Promise<unknown[]>;
  readonly lines: string[] = [];
  port = 0;
  readonly #child: ChildProcess;
  #look: () => void = () => {};

  constructor(command: readonly string[]) {
    this.#child = spawn(root + command[0]!, command.slice(1), { cwd: root });
    this.exited = once(this.#child, "exit");
    const add = (line: string) => {
      this.lines.push(line);
      this.#look();
    };
    createInterface(this.#child.stdout!).on("line", add);
    createInterface(this.#child.stderr!).on("line", (line) => add(`stderr ${line}`));
    void this.exited.then(() => this.#look());
  }

  /** The first line like this, once the program has told it. */
  async told(wanted: string | RegExp): Promise<string> {
    const fits = (line: string) => typeof wanted === "string" ? line === wanted : wanted.test(line);
    for (;;) {
      const line = this.lines.find(fits);
      if (line !== undefined) return line;
      if (!this.#isRunning()) assert.fail(`Ended without "${wanted}": ${this.lines.join("\n")}`);
      await new Promise<void>((resolve) => this.#look = resolve);
    }
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async text(path: string): Promise<string> {
    return await (await fetch(this.url(path))).text();
  }

  /** Not `child.kill`: after it, Deno tells an orderly end as the signal's. */
  signal(signal: "SIGHUP" | "SIGTERM"): void {
    process.kill(this.#child.pid!, signal);
  }

  async end(): Promise<void> {
    if (!this.#isRunning()) return;
    this.signal("SIGTERM");
    await this.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

async function start(command: readonly string[]): Promise<Running> {
  const running = new Running(command);
  running.port = Number((await running.told(/^port /)).slice(5));
  return running;
}

async function open(server: Running): Promise<WebSocket> {
  const url = server.url("/socket").replace("http", "ws");
  const socket = new WebSocket(url, ["other", "hearty.v1.json"]);
  socket.binaryType = "arraybuffer";
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onclose = reject;
  });
  return socket;
}

function message(socket: WebSocket): Promise<string | ArrayBuffer> {
  return new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
}

function closed(socket: WebSocket): Promise<CloseEvent> {
  return new Promise((resolve) => socket.onclose = resolve);
}

/** A socket by hand, which can stop reading or vanish without a word. */
async function rawSocket(server: Running): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(handshake({}));
  const [chunk] = await once(socket, "data");
  assert.match(String(chunk), /^HTTP\/1.1 101 /);
  return socket;
}

function handshake(
  { version = "13", key = "dGhlIHNhbXBsZSBub25jZQ==", protocol = "hearty.v1.json" },
): string {
  return "GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: ${key}\r\n` +
    `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`;
}

/** A text frame with the mask 0, which is allowed. */
function textFrame(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array([0x81, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes]);
}
