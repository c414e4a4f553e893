// Runs the scenarios with the real hosts: `node run.mjs BINARY [NAME...]`.
//
// One line per scenario. The exit code is 1 if any fails. A NAME selects the scenarios whose title
// contains it; `claude-code` and `codex` select a host.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SCENARIOS } from "./scenarios.mjs";
import { HOSTS } from "./session.mjs";
import { World } from "./world.mjs";

const NODE_VERSION_MIN = 20;

/** Keeps the files of failed scenarios if set, and says where they are. */
const KEEP = process.env.AIOS_HOSTS_KEEP !== undefined;

async function main([binary, ...names]) {
  check(binary);
  const kept = process.env.AIOS_HOSTS_DIR;
  const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), "aios-hosts-npm-"));
  try {
    install(folder);
    const selected = select(names);
    if (selected.length === 0) fail(`no scenario matches ${names.join(" ")}`);
    let failed = 0;
    for (const [scenario, host] of selected) {
      failed += (await passes(scenario, host, resolve(binary), folder)) ? 0 : 1;
    }
    console.log(`${selected.length - failed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  } finally {
    if (!kept) rmSync(folder, { recursive: true, force: true });
  }
}

function check(binary) {
  if (!binary) fail("usage: node run.mjs BINARY [NAME...]");
  if (!existsSync(binary)) fail(`${binary}: not found; build it with cargo build`);
  if (!existsSync("/proc/self")) fail("the scenarios need Linux, to find processes in /proc");
  const version = process.versions.node;
  if (Number.parseInt(version, 10) < NODE_VERSION_MIN) {
    fail(`Node ${version} is too old; AIOS_HOSTS_NODE names a Node ${NODE_VERSION_MIN} or newer`);
  }
}

/** Installs the hosts with npm, unless the folder has them already. */
function install(folder) {
  const here = dirname(fileURLToPath(import.meta.url));
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, "package.json"), join(folder, "package.json"));
  const npm = process.env.AIOS_HOSTS_NPM ?? "npm";
  const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  console.log(`installing the hosts with ${npm} in ${folder}`);
  try {
    execFileSync(npm, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  } catch (error) {
    fail(`${npm} failed to install the hosts (AIOS_HOSTS_NPM names another npm): ${error.message}`);
  }
}

/** Returns the pairs of a scenario and a host that the names select. */
function select(names) {
  const hosts = HOSTS.filter(({ name }) => names.includes(name));
  const parts = names.filter((name) => !HOSTS.some((host) => host.name === name));
  const isMeant = ({ name }) => parts.length === 0 || parts.some((part) => name.includes(part));
  const scenarios = SCENARIOS.filter(isMeant);
  const isFor = ({ isFor }, host) => isFor === undefined || isFor(host);
  const pairs = (host) =>
    scenarios.filter((scenario) => isFor(scenario, host)).map((scenario) => [scenario, host]);
  return (hosts.length > 0 ? hosts : HOSTS).flatMap(pairs);
}

async function passes(scenario, host, binary, folder) {
  const started = Date.now();
  const world = await World.create(binary, folder);
  let reason;
  try {
    const marketplace = scenario.isByPlugin && world.marketplace();
    for (const one of HOSTS) {
      await (marketplace ? one.plugIn(world, marketplace) : one.configure(world));
    }
    await scenario.run(world, host);
  } catch (error) {
    reason = error.message.split("\n").slice(0, 12).join("\n    ");
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${reason ? "FAILED" : "passed"}  ${host.name}: ${scenario.name} (${seconds} s)`);
  if (reason) console.log(`    ${reason}${KEEP ? `\n    files: ${world.root}` : ""}`);
  world.close({ keep: KEEP && reason });
  return !reason;
}

/** Reason for which no scenario can run. */
class Unable extends Error {}

function fail(message) {
  throw new Unable(message);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Unable)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
