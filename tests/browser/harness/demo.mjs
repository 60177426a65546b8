// Starts the demo as a newcomer does, asks what its page asks, and sees that it leaves nothing behind.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const repository = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = process.env.KAIRAN_DEMO ?? join(repository, "target/debug/kairan-demo");

/** A running demo. */
export class Demo {
  /** Starts one in a temporary folder of its own and waits for the address it prints. */
  static async begin() {
    const folder = await mkdtemp(join(tmpdir(), "kairan-browser-"));
    const child = spawn(program, ["--port", "0", "--no-open"], { env: { ...process.env, TMPDIR: folder }, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
    const address = await new Promise((found, failed) => {
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`the demo ended (${code}) before it printed its address: ${said.join("\n")}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/) ?? [];
        if (url) found(url);
      });
    });
    child.removeAllListeners("exit");
    return new Demo(child, folder, address);
  }

  constructor(child, folder, address) {
    this.child = child;
    this.folder = folder;
    this.address = address;
    this.origin = new URL(address).origin;
  }

  /** Presses Ctrl-C, and sees that the program ends well and its temporary folder is empty. */
  async end() {
    const ended = once(this.child, "exit");
    this.child.kill("SIGINT");
    const [code] = await ended;
    const left = await readdir(this.folder);
    await rm(this.folder, { recursive: true });
    assert.equal(code, 0, "the demo ends well at Ctrl-C");
    assert.deepEqual(left, [], "the demo leaves nothing in its temporary folder");
  }
}

/** What the demo's page asks, asked by a test: with the browser's own cookie. */
export class Asking {
  constructor(context, demo) {
    this.context = context;
    this.origin = demo.origin;
  }

  async #answer(answer, path) {
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  async get(path) {
    return this.#answer(await this.context.request.get(this.origin + path), path);
  }

  async post(path, data = {}) {
    return this.#answer(await this.context.request.post(this.origin + path, { data }), path);
  }

  /** A method of a phone's facade. */
  call(phone, method, given = {}) {
    return this.post(`/phones/${phone}/call/${method}`, given);
  }

  /** Whose phone it is. */
  async person(phone) {
    const lines = await this.get("/phones");
    return lines.find(({ name }) => name === phone).person;
  }

  /** Cuts a phone's network, or gives it back. */
  network(phone, cut) {
    return this.post(`/phones/${phone}/network`, { cut });
  }

  /** How many requests a phone has sent out. */
  async requests(phone) {
    const { requests } = await this.get(`/phones/${phone}/network`);
    assert.equal(typeof requests, "number", "the demo counts a phone's requests");
    return requests;
  }
}

/** Asks again until the answer is the wanted one; it fails after a time no neighbourhood needs. */
export async function until(what, wanted, seconds = 20) {
  const last = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await what();
    if (wanted(answer)) return answer;
    if (Date.now() > last) assert.fail(`after ${seconds} s it still is ${JSON.stringify(answer).slice(0, 600)}`);
    await new Promise((soon) => setTimeout(soon, 50));
  }
}
