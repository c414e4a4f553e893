// Uses every tool over one transport, with the SDK of TypeScript. It is found from the working
// directory. Arguments: `stdio PROGRAM ARGUMENT...` or `http URL`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const load = (name) =>
  import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/client/${name}.js`)));
const { Client } = await load("index");
const { StdioClientTransport } = await load("stdio");
const { StreamableHTTPClientTransport } = await load("streamableHttp");

const [kind, first, ...rest] = process.argv.slice(2);
const transport =
  kind === "stdio"
    ? new StdioClientTransport({ command: first, args: rest, env: { ...process.env } })
    : new StreamableHTTPClientTransport(new URL(first));
const client = new Client({ name: "verify", version: "1.0" });
await client.connect(transport);
assert.equal(client.getServerVersion().name, "memory");

const { tools } = await client.listTools();
const names = tools.map((tool) => tool.name);
assert.deepEqual(names, ["context", "recall", "read", "remember", "forget"]);

const text = async (name, args) => {
  const result = await client.callTool({ name, arguments: args });
  assert.ok(!result.isError, JSON.stringify(result));
  return result.content[0].text;
};
const kettle = "The kettle of the TypeScript client is blue.";
const key = (await text("remember", { text: kettle })).split(/\s+/)[1];
assert.equal(await text("remember", { text: kettle }), `known already as ${key}`);
assert.ok((await text("recall", { query: "kettle" })).includes(kettle));
assert.ok((await text("read", { ids: [key] })).includes(`> ${kettle}`));
assert.ok((await text("context", { task: "fill the kettle" })).includes(kettle));
const refused = await client.callTool({ name: "recall", arguments: { query: "a", limit: 99 } });
assert.ok(refused.isError && refused.content[0].text.includes("`limit`"));
const { prompts } = await client.listPrompts();
assert.deepEqual(prompts.map((prompt) => prompt.name), ["remember", "handoff"]);
await client.getPrompt({ name: "handoff" });
const record = await client.readResource({ uri: `memory://${key}` });
assert.ok(record.contents[0].text.includes(kettle));
assert.equal(await text("forget", { ids: [key] }), `forgot 1 record: ${key}`);
assert.ok(!(await text("recall", { query: "kettle" })).includes(kettle));
await client.close();
console.log("every tool answered as it should");
