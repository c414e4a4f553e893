// The throw-away surroundings of one scenario: a home directory with its data directory, a model's
// stand-in, git repositories and the processes that belong to them.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startModel } from "./model.mjs";

/** The plug-in for coding agents. */
const PLUGIN = fileURLToPath(new URL("../../integrations/agent-plugin", import.meta.url));

/** The variable with the time that a hook has. */
const HOOK_TIME = "AIOS_MEMORY_HOOK_TIME_MAX_MS";

/** Time after which a program is killed and its scenario fails, in milliseconds. */
const PROGRAM_MS_MAX = 300_000;

export class World {
  /** Creates a world for the binary `aios-memory` and the installed hosts. */
  static async create(binary, hosts) {
    const root = mkdtempSync(join(tmpdir(), "aios-hosts-"));
    for (const folder of ["home", "bin", "tmp", "repositories"]) mkdirSync(join(root, folder));
    symlinkSync(binary, join(root, "bin", "aios-memory"));
    const model = await startModel(join(root, "requests.jsonl"));
    return new World(root, hosts, model);
  }

  constructor(root, hosts, model) {
    this.root = root;
    this.home = join(root, "home");
    this.hosts = hosts;
    this.model = model;
    // A clean environment: no key, token or setting of the caller reaches a host.
    this.env = {
      PATH: [join(root, "bin"), dirname(process.execPath), process.env.PATH].join(":"),
      HOME: this.home,
      TMPDIR: join(root, "tmp"),
      LANG: "C.UTF-8",
      GIT_CONFIG_NOSYSTEM: "1",
    };
    // A debug build on a busy machine needs more time than a hook has.
    const patience = process.env[HOOK_TIME];
    if (patience !== undefined) this.env[HOOK_TIME] = patience;
  }

  /** Runs a program to its end. `stdin` is its input; `started` receives the child process. */
  run(program, args, { cwd = this.home, env = {}, stdin, started = () => {} } = {}) {
    return new Promise((ended, failed) => {
      const stdio = [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"];
      const child = spawn(program, args, { cwd, env: { ...this.env, ...env }, stdio });
      // A program may end before it has read its input.
      child.stdin?.on("error", () => {});
      child.stdin?.end(stdin);
      const output = { stdout: "", stderr: "" };
      child.stdout.on("data", (chunk) => (output.stdout += chunk));
      child.stderr.on("data", (chunk) => (output.stderr += chunk));
      const limit = setTimeout(() => child.kill("SIGKILL"), PROGRAM_MS_MAX);
      child.on("error", failed);
      child.on("close", (code, signal) => {
        clearTimeout(limit);
        ended({ ...output, code, signal, command: [program, ...args].join(" ") });
      });
      started(child);
    });
  }

  /** Runs `aios-memory` and returns its stdout. Fails if its exit code is not 0. */
  async memory(args, options) {
    const ended = await this.run("aios-memory", args, options);
    if (ended.code !== 0) throw new Error(`${ended.command}: ${ended.stderr || ended.stdout}`);
    return ended.stdout;
  }

  /** Runs a command of a host. Fails if its exit code is not 0. */
  async succeed(host, args) {
    const ended = await this.run(host.program(this), args, { env: host.env(this) });
    if (ended.code !== 0) throw new Error(`${ended.command}: ${ended.stderr || ended.stdout}`);
  }

  /** Creates a marketplace with a copy of the plug-in, and returns its folder and the plug-in. */
  marketplace() {
    const folder = join(this.root, "marketplace");
    cpSync(PLUGIN, join(folder, "plugin"), { recursive: true });
    mkdirSync(join(folder, ".claude-plugin"));
    const plugins = [{ name: "aios-memory", source: "./plugin", description: "A memory" }];
    const entry = { name: "local", owner: { name: "test" }, plugins };
    writeFileSync(join(folder, ".claude-plugin", "marketplace.json"), JSON.stringify(entry));
    return { folder, name: "aios-memory@local" };
  }

  /** Creates a git repository with one commit, in a folder of its own. */
  repository(place, name, remote) {
    const path = join(this.root, "repositories", place, name);
    mkdirSync(path, { recursive: true });
    this.git(path, ["init", "--quiet", "--initial-branch=main"]);
    if (remote) this.git(path, ["remote", "add", "origin", remote]);
    // The text of the commit makes its hash differ from that of every other repository.
    this.git(path, ["commit", "--quiet", "--allow-empty", `--message=${place}/${name}`]);
    return path;
  }

  /** Creates a worktree of a repository. */
  worktree(repository, name) {
    const path = join(this.root, "repositories", "worktrees", name);
    this.git(repository, ["worktree", "add", "--quiet", "-b", name, path]);
    return path;
  }

  git(cwd, args) {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
    return execFileSync("git", [...who, ...args], { cwd, env: this.env, encoding: "utf8" });
  }

  /** Returns the ids of the processes that run with the home directory of this world. */
  processes() {
    const isOurs = (id) => entries(id, "environ").includes(`HOME=${this.home}`);
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isOurs(name)).map(Number);
  }

  /** Returns the ids of the running services of this world. */
  services() {
    return this.processes().filter((id) => entries(id, "cmdline").includes("serve"));
  }

  /** Ends the stand-in and every process of this world, and removes its files. */
  close({ keep }) {
    this.model.close();
    for (const id of this.processes()) kill(id);
    if (!keep) rmSync(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Returns the entries of a file about a process. Empty if it ended, or is another user's. */
function entries(id, file) {
  try {
    return readFileSync(`/proc/${id}/${file}`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Kills a process at once. It may have ended already. */
export function kill(id) {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
