// Codex, run without a terminal (`codex exec`) against the stand-in.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaOfCodex } from "./schema.mjs";

/** Size of a request, in tokens, from which Codex compacts the session. */
export const COMPACTS_FROM = 50_000;

export const codex = {
  name: "codex",

  /** The files that an installation edits, in the home directory. */
  files: [".codex/config.toml", ".codex/hooks.json"],

  /** Writes a configuration that keeps the host to the stand-in; `aios-memory` adds to it. */
  async configure(world) {
    writeSettings(world);
    await world.memory(["install", "codex"]);
  },

  /** Installs the plug-in of a marketplace instead. */
  async plugIn(world, { folder, name }) {
    writeSettings(world);
    await world.succeed(this, ["plugin", "marketplace", "add", folder]);
    await world.succeed(this, ["plugin", "add", name]);
  },

  program: (world) => join(world.hosts, "node_modules", ".bin", "codex"),

  env: () => ({ STAND_IN_KEY: "stand-in" }),

  /**
   * Arguments of one run. Hooks that nobody has reviewed run only because of the flag: reviewing
   * them takes a terminal.
   */
  args(prompt, { resume, fork }) {
    const session = resume ? [fork ? "fork" : "resume", resume] : [];
    return ["exec", ...session, "--json", "--dangerously-bypass-hook-trust", prompt];
  },

  session(stdout) {
    const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
    return events.find(({ type }) => type === "thread.started").thread_id;
  },

  /** A session is compacted before the next turn if its last request was large. */
  compaction: { tokens: COMPACTS_FROM + 1000 },

  /** Returns the texts that hooks gave to the model, in the order of the request. */
  given(_world, _session, { body }) {
    const given = [];
    let event = "SessionStart";
    for (const { type, role, content } of body.input.slice(1)) {
      if (type !== "message") continue;
      for (const { text } of content) {
        if (role === "developer" && !isOfHost(text)) given.push({ event, text });
        if (role === "user" && !isOfHost(text)) event = "UserPromptSubmit";
        if (role === "assistant") event = "SessionStart";
      }
    }
    return given;
  },

  /** Returns the schema that the host publishes for the output of a hook. */
  outputSchema(world, event) {
    const name = event.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();
    return schemaOfCodex(world.hosts, `${name}.command.output`);
  },

  /** Returns the answers of tools in a request, in order. The host puts a line before each. */
  answers({ body }) {
    const outputs = body.input.filter(({ type }) => type === "function_call_output");
    const ofTool = ({ text }) => !/^Wall time: .*\nOutput:$/.test(text);
    return outputs.map(({ output }) => output.filter(ofTool).map(({ text }) => text).join(""));
  },
};

/** Openings of the messages that the host itself writes. */
const OPENINGS_OF_HOST = [
  "<skills_instructions>",
  "<permissions instructions>",
  "<environment_context>",
  "<turn_aborted>",
  "Another language model started to solve this problem",
];

const isOfHost = (text) => OPENINGS_OF_HOST.some((opening) => text.startsWith(opening));

function writeSettings(world) {
  const home = join(world.home, ".codex");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "config.toml"), settings(world.model.url));
}

const settings = (url) => `model = "stand-in"
model_provider = "stand-in"
model_auto_compact_token_limit = ${COMPACTS_FROM}
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.stand-in]
name = "stand-in"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "STAND_IN_KEY"
request_max_retries = 0
stream_max_retries = 0
`;
