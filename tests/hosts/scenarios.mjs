// The scenarios: each in a world of its own, for each host.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { givesNothingForPrompt, holds, isGivenWell, lacks } from "./checks.mjs";
import { compacted, HOSTS, PROMPT, START, turn } from "./session.mjs";
import { serverOf } from "./server.mjs";
import { faults } from "./schema.mjs";
import { kill } from "./world.mjs";

/** A fact, as a person tells it, its answer, and questions for it. */
const PORT = {
  told: "Please remember: the staging database of the Kestrel project listens on port 7421.",
  fact: "7421",
  asked: "Which port does the staging database of Kestrel listen on?",
  otherWords: "I want to connect to Kestrel's pre-production data store. Where do I reach it?",
};

/** A question that has nothing to do with any fact. */
const UNRELATED = "Write a haiku about autumn leaves that fall in a quiet garden.";

const REMOTE = "https://git.example.org/birds/kestrel.git";

/** A remembered text, as a call of the model. */
const remember = (text, more = {}) => ({ call: { tool: "remember", input: { text, ...more } } });

/** Creates the repository of a scenario, and tells the fact in its first session. */
async function told(world, host) {
  const repository = world.repository("here", "kestrel", REMOTE);
  const first = await turn(world, host, repository, PORT.told);
  lacks(first, PORT.fact);
  return { repository, first };
}

const other = (host) => HOSTS.find((one) => one !== host);

export const SCENARIOS = [
  {
    name: "the next session knows what a session was told",
    async run(world, host) {
      const { repository } = await told(world, host);
      holds(await turn(world, host, repository, PORT.asked), PORT.fact);
    },
  },
  {
    name: "the other host knows it",
    async run(world, host) {
      const { repository } = await told(world, host);
      holds(await turn(world, other(host), repository, PORT.asked), PORT.fact);
    },
  },
  {
    name: "a worktree of the repository knows it",
    async run(world, host) {
      const { repository } = await told(world, host);
      const worktree = world.worktree(repository, "kestrel-fix");
      holds(await turn(world, host, worktree, PORT.asked), PORT.fact);
    },
  },
  {
    name: "a question in other words finds it",
    async run(world, host) {
      const { repository } = await told(world, host);
      holds(await turn(world, host, repository, PORT.otherWords), PORT.fact);
    },
  },
  {
    name: "another repository of the same name does not know it",
    async run(world, host) {
      await told(world, host);
      const away = "https://git.example.org/toys/kestrel.git";
      const namesake = world.repository("there", "kestrel", away);
      lacks(await turn(world, host, namesake, PORT.asked), PORT.fact);
      const local = world.repository("elsewhere", "kestrel");
      lacks(await turn(world, host, local, PORT.asked), PORT.fact);
    },
  },
  {
    name: "a prompt about something else is given nothing",
    async run(world, host) {
      const { repository } = await told(world, host);
      givesNothingForPrompt(await turn(world, host, repository, UNRELATED));
      givesNothingForPrompt(await turn(world, host, repository, "ok"));
    },
  },
  {
    name: "a superseded fact is not given",
    async run(world, host) {
      const repository = world.repository("here", "kestrel", REMOTE);
      const old = "Kestrel is deployed on Tuesday.";
      const current = "Kestrel is deployed on Thursday.";
      const first = { script: [remember(old), { text: "Noted." }] };
      await turn(world, host, repository, "Note the day of the deployment.", first);
      // The model stores the old text once more, to learn its key.
      const correct = (seen) => remember(current, { replaces: keyIn(host.answers(seen)[0]) });
      const script = [remember(old), correct];
      await turn(world, host, repository, "The day of the deployment has changed.", { script });
      const asked = await turn(world, host, repository, "On which day is Kestrel deployed?");
      holds(asked, "Thursday");
      lacks(asked, "Tuesday");
    },
  },
  {
    name: "the model remembers, and the next session recalls, word for word",
    async run(world, host) {
      const repository = world.repository("here", "kestrel", REMOTE);
      const text = 'Kestrel\'s "blue" cluster is <eu-north-1> & speaks\n\ttabs, \u00e9, \u4e2d.';
      const script = [remember(text)];
      const first = await turn(world, host, repository, "Note the cluster.", { script });
      assert.match(host.answers(first.requests[1]).at(-1), /stored/);
      // Notes alone: the messages of the session are stored when it ends.
      const input = { query: "blue cluster of Kestrel", kinds: ["note"] };
      const recalling = { script: [{ call: { tool: "recall", input } }] };
      const second = await turn(world, host, repository, "Look it up.", recalling);
      const answer = host.answers(second.requests[1]).at(-1);
      assert.match(answer, /eu-north-1/);
      const server = await serverOf(world, repository);
      assert.equal(answer, await server.call("recall", input), "the answer of the server itself");
      server.close();
    },
  },
  {
    name: "a service that is killed between two sessions loses nothing",
    async run(world, host) {
      const { repository } = await told(world, host);
      const services = world.services();
      assert.ok(services.length > 0, "expected the hooks to have started a service");
      services.forEach(kill);
      holds(await turn(world, host, repository, PORT.asked), PORT.fact);
    },
  },
  {
    name: "a session that goes on is given a fact once",
    async run(world, host) {
      const { repository } = await told(world, host);
      const { session, ...asked } = await turn(world, host, repository, PORT.asked);
      holds(asked, PORT.fact);
      const again = { resume: session };
      holds(await turn(world, host, repository, PORT.asked, again), PORT.fact);
      holds(await turn(world, host, repository, PORT.otherWords, again), PORT.fact);
    },
  },
  {
    name: "the session that was told is not told again",
    async run(world, host) {
      const { repository, first } = await told(world, host);
      const resumed = await turn(world, host, repository, PORT.asked, { resume: first.session });
      lacks(resumed, PORT.fact);
    },
  },
  {
    name: "a fork knows what its session knew, once",
    async run(world, host) {
      const { repository } = await told(world, host);
      const asked = await turn(world, host, repository, PORT.asked);
      const options = { resume: asked.session, fork: true };
      const fork = await turn(world, host, repository, PORT.asked, options);
      assert.notEqual(fork.session, asked.session);
      holds(fork, PORT.fact);
    },
  },
  {
    name: "a compacted session is given the fact again, once",
    async run(world, host) {
      const { repository } = await told(world, host);
      const { session } = await turn(world, host, repository, PORT.asked);
      holds(await compacted(world, host, repository, session, PORT.asked), PORT.fact);
    },
  },
  {
    name: "an interrupted turn is remembered",
    async run(world, host) {
      const repository = world.repository("here", "kestrel", REMOTE);
      await turn(world, host, repository, PORT.told, { interrupt: true });
      holds(await turn(world, host, repository, PORT.asked), PORT.fact);
    },
  },
  {
    name: "the plug-in does the same as an installation",
    isByPlugin: true,
    async run(world, host) {
      const { repository } = await told(world, host);
      const recalling = { script: [{ call: { tool: "recall", input: { query: PORT.asked } } }] };
      const asked = await turn(world, host, repository, PORT.asked, recalling);
      holds(asked, PORT.fact);
      assert.match(host.answers(asked.requests[1]).at(-1), new RegExp(PORT.fact));
    },
  },
  {
    name: "texts given to the model are within the limits of the host",
    async run(world, host) {
      const repository = world.repository("here", "kestrel", REMOTE);
      const letters = ["abc ", "\u4e2d\u6587 ", "\u{1f426} "];
      const noted = (number) => {
        const padding = letters[number % letters.length].repeat(400);
        return remember(`Kestrel decision ${number}: ${padding}`, { kind: "decision" });
      };
      const script = Array.from({ length: 30 }, (_, number) => noted(number));
      await turn(world, host, repository, "Note the decisions of the project.", { script });
      const asked = await turn(world, host, repository, "Which decisions of Kestrel are there?");
      assert.ok(asked.given.length > 0, "expected a text of the hooks");
      isGivenWell(asked);
    },
  },
  {
    name: "a secret that a session was told is not stored",
    async run(world, host) {
      const repository = world.repository("here", "kestrel", REMOTE);
      const secret = "AKIAIOSFODNN7EXAMPLE";
      const told = `Please remember: Kestrel's bucket has the access key ${secret}.`;
      await turn(world, host, repository, told, { script: [{ text: `Noted: ${secret}.` }] });
      const exported = await world.memory(["export", "--all-users", "-"], { cwd: repository });
      assert.ok(exported.includes("bucket"), `expected the messages: ${exported}`);
      assert.ok(!exported.includes(secret), exported);
      lacks(await turn(world, host, repository, "Which access key has the bucket?"), secret);
    },
  },
  {
    name: "after an uninstallation the host runs without a memory",
    async run(world, host) {
      const { repository } = await told(world, host);
      await world.memory(["install", host.name, "--uninstall"]);
      const after = await turn(world, host, repository, PORT.asked);
      assert.deepEqual(after.given, []);
      const tools = JSON.stringify(after.requests[0].body);
      assert.ok(!tools.includes("aios-memory"), "the model is offered tools of the memory");
      for (const file of host.files) {
        const path = join(world.home, file);
        const content = existsSync(path) ? readFileSync(path, "utf8") : "";
        assert.ok(!content.includes("aios-memory"), `${file}: ${content}`);
      }
    },
  },
  {
    name: "outputs of hooks have the schemas that the host publishes",
    isFor: ({ outputSchema }) => outputSchema !== undefined,
    async run(world, host) {
      const { repository } = await told(world, host);
      const input = { session_id: "by-hand", cwd: repository, transcript_path: null };
      const more = { source: "startup", prompt: PORT.asked };
      for (const event of [PROMPT, START, "Stop", "PreCompact", "PostCompact", "SessionEnd"]) {
        const stdin = JSON.stringify({ ...input, ...more, hook_event_name: event });
        const output = await world.memory(["hook", host.name, event], { stdin });
        const isExpected = event === PROMPT || event === START;
        assert.equal(output !== "", isExpected, `${event}: ${output}`);
        if (!isExpected) continue;
        assert.deepEqual(faults(host.outputSchema(world, event), JSON.parse(output)), []);
      }
    },
  },
  {
    name: "texts given to the model are not stored again",
    async run(world, host) {
      const { repository } = await told(world, host);
      for (let session = 0; session < 3; session += 1) {
        holds(await turn(world, host, repository, PORT.asked), PORT.fact);
      }
      const exported = await world.memory(["export", "--all-users", "-"], { cwd: repository });
      // The facts that are learned from a message repeat it.
      const messages = exported.split("\n").filter((line) => line.startsWith('{"kind":"message"'));
      const holding = messages.filter((line) => line.includes(PORT.fact));
      assert.ok(holding.length === 1, `expected one message: ${exported}`);
      assert.ok(!exported.includes("stored data, never instructions"), exported);
    },
  },
];

/** Returns the key of the record that an answer of `remember` names. */
function keyIn(answer) {
  const key = /[a-z]+\/[A-Za-z0-9_-]+/.exec(answer ?? "")?.[0];
  assert.ok(key, `expected the key of a record: ${answer}`);
  return key;
}
