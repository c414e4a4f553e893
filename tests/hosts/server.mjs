// A client of `aios-memory mcp` that speaks its protocol directly, without a host.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const CLIENT = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "host-tests", version: "1" },
};

/** Starts the server of a world in a folder, and opens the protocol. */
export async function serverOf(world, cwd) {
  const stdio = ["pipe", "pipe", "inherit"];
  const child = spawn("aios-memory", ["--project", "auto", "mcp"], { cwd, env: world.env, stdio });
  const lines = createInterface({ input: child.stdout });
  let id = 0;
  const write = (message) => child.stdin.write(`${JSON.stringify(message)}\n`);
  const send = (message) => write({ jsonrpc: "2.0", ...message });
  async function request(method, params) {
    id += 1;
    send({ id, method, params });
    for (;;) {
      const [line] = await Promise.race([once(lines, "line"), ended(child, method)]);
      const message = JSON.parse(line);
      if (message.id !== id) continue;
      if (message.error) throw new Error(`${method}: ${message.error.message}`);
      return message.result;
    }
  }
  await request("initialize", CLIENT);
  send({ method: "notifications/initialized" });
  return {
    /** Calls a tool and returns the text of its answer. */
    async call(name, input) {
      const { content } = await request("tools/call", { name, arguments: input });
      return content.map(({ text }) => text).join("");
    },
    close: () => child.stdin.end(),
  };
}

async function ended(child, method) {
  await once(child, "close");
  throw new Error(`aios-memory mcp ended before it answered ${method}`);
}
