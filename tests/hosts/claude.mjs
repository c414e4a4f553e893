// Claude Code, run without a terminal (`claude -p`) against the stand-in.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Names of the memory server, installed alone or as a plug-in. */
const SERVERS = ["mcp__aios-memory", "mcp__plugin_aios-memory_aios-memory"];

export const claude = {
  name: "claude-code",

  /** The files that an installation edits, in the home directory. */
  files: [".claude.json", ".claude/settings.json"],

  /** Lets `aios-memory` configure the host, in the home directory of the world. */
  async configure(world) {
    await world.memory(["install", "claude-code"]);
  },

  /** Installs the plug-in of a marketplace instead. */
  async plugIn(world, { folder, name }) {
    await world.succeed(this, ["plugin", "marketplace", "add", folder]);
    await world.succeed(this, ["plugin", "install", name]);
  },

  program: (world) => join(world.hosts, "node_modules", ".bin", "claude"),

  /** Environment that keeps the host to the stand-in. */
  env: (world) => ({
    ANTHROPIC_BASE_URL: world.model.url,
    ANTHROPIC_API_KEY: "sk-ant-stand-in",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
  }),

  /** Arguments of one run. */
  args(prompt, { resume, fork }) {
    const tools = ["--allowedTools", SERVERS.join(",")];
    const session = resume ? ["--resume", resume] : [];
    if (fork) session.push("--fork-session");
    return ["-p", prompt, "--output-format", "json", ...tools, ...session];
  },

  /** Returns the id of the session that a run used, from its output. */
  session: (stdout) => JSON.parse(stdout.trim().split("\n").at(-1)).session_id,

  /** A session is compacted by a run of its own. */
  compaction: { prompt: "/compact", isOwnRun: true },

  /**
   * Returns the texts that hooks gave to the model, in the order of the request. The request
   * joins them with text of the host, so their exact bounds are those of the transcript.
   */
  given(world, session, { body }) {
    const texts = body.messages.flatMap(({ content }) => parts(content));
    const found = new Map();
    for (const { event, text } of injections(world, session)) {
      const whole = `${event} hook additional context: ${text}`;
      for (const [index, part] of texts.entries()) {
        for (let at = part.indexOf(whole); at >= 0; at = part.indexOf(whole, at + 1)) {
          found.set(`${index}:${at}`, { event, text });
        }
      }
    }
    return [...found.values()];
  },

  /** Returns the answers of tools in a request, in order. */
  answers({ body }) {
    const blocks = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
    const results = blocks.filter(({ type }) => type === "tool_result");
    return results.map(({ content }) => parts(content).join(""));
  },
};

/** Returns the texts of a message's content. */
function parts(content) {
  if (typeof content === "string") return [content];
  return content.filter(({ type }) => type === "text").map(({ text }) => text);
}

/** Returns what hooks gave in a session, from its transcript. */
function injections(world, session) {
  const projects = join(world.home, ".claude", "projects");
  const files = readdirSync(projects, { recursive: true });
  const file = files.find((path) => path.endsWith(`${session}.jsonl`));
  const lines = readFileSync(join(projects, file), "utf8").trim().split("\n");
  const given = [];
  for (const { attachment } of lines.map((line) => JSON.parse(line))) {
    if (attachment?.type !== "hook_additional_context") continue;
    for (const text of attachment.content) given.push({ event: attachment.hookEvent, text });
  }
  return given;
}
