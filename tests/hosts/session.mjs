// Runs of a host, and what the model was given in them.

import { claude } from "./claude.mjs";
import { codex } from "./codex.mjs";

/** The hosts, by name. */
export const HOSTS = [claude, codex];

/** Events at which hooks give text to the model. */
export const [START, PROMPT] = ["SessionStart", "UserPromptSubmit"];

/**
 * Runs one turn of a host in a folder.
 *
 * Options: `resume`, the session to go on with; `fork`, true if a copy of that session goes on;
 * `script`, the answers of the model; `interrupt`, true if the turn is interrupted while the model
 * answers.
 */
export async function turn(world, host, cwd, prompt, options = {}) {
  const { script = [], interrupt } = options;
  const before = world.model.requests.length;
  world.model.script = interrupt ? [{ hang: true }] : [...script];
  const started = (child) => {
    world.model.onHang = () => child.kill("SIGINT");
  };
  const around = { cwd, env: host.env(world), started };
  const ended = await world.run(host.program(world), host.args(prompt, options), around);
  const requests = world.model.requests.slice(before).filter(({ isTurn }) => isTurn);
  const isDone = ended.code === 0 || interrupt;
  if (!isDone || requests.length === 0) {
    const told = (ended.stderr || ended.stdout).trim().slice(-600);
    throw new Error(`${host.name} ended with ${ended.code ?? ended.signal}: ${told}`);
  }
  const session = host.session(ended.stdout);
  return { host, session, requests, given: given(world, host, session, requests) };
}

/** Compacts a session, and runs the turn after it. */
export async function compacted(world, host, cwd, session, prompt) {
  const { isOwnRun, tokens } = host.compaction;
  if (isOwnRun) {
    const args = host.args(host.compaction.prompt, { resume: session });
    const ended = await world.run(host.program(world), args, { cwd, env: host.env(world) });
    if (ended.code !== 0) throw new Error(`${host.name} failed to compact: ${ended.stderr}`);
  } else {
    const large = [{ text: "Done.", tokens }];
    await turn(world, host, cwd, "Go on.", { resume: session, script: large });
  }
  return turn(world, host, cwd, prompt, { resume: session });
}

/** Returns what hooks gave to the model, as of the first request of a run. */
const given = (world, host, session, [first]) => host.given(world, session, first);
