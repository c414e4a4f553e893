// A stand-in for the API of a model: records each request and plays scripted answers.
//
// It streams the two wire formats that the hosts speak: Anthropic's Messages API and OpenAI's
// Responses API. It contains no model. A turn takes the next answer of the script, or "Done." if
// the script is at its end. Requests for the summary of a compaction take nothing from it.

import { createServer } from "node:http";
import { appendFileSync } from "node:fs";

/** The instructions by which the hosts ask for the summary of a compaction. */
const SUMMARY = /CONTEXT CHECKPOINT COMPACTION|Respond with TEXT ONLY\. Do NOT call any tools/;

/** The name that a host gives to the memory server, as the prefix of its tools. */
const SERVER = /mcp__[a-z_-]*memory/;

/** Answer to a request for a summary. Contains no fact of any scenario. */
const SUMMARISED = { text: "The conversation so far was about the project." };

/**
 * Starts the stand-in on a free port of the loopback interface. `log` is the file that receives
 * one JSON line per request.
 *
 * An answer is `{ text, tokens }`, where `tokens` is the reported size of the request;
 * `{ call: { tool, input } }`, a call of a tool of the memory server; `{ hang: true }`, a stream
 * that never ends; or a function of the request that returns one of them.
 */
export async function startModel(log) {
  const model = { requests: [], script: [], url: "", onHang: () => {}, close };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = request.url.split("?")[0];
    const body = text.startsWith("{") ? JSON.parse(text) : {};
    const isSummary = SUMMARY.test(JSON.stringify((body.messages ?? body.input ?? []).at(-1)));
    const isTurn = body.tools?.length > 0 && !isSummary;
    const seen = { path, isTurn, body };
    model.requests.push(seen);
    appendFileSync(log, `${JSON.stringify(seen)}\n`);
    const next = isTurn ? (model.script.shift() ?? { text: "Done." }) : SUMMARISED;
    const answer = typeof next === "function" ? next(seen) : next;
    const number = model.requests.length;
    if (path.endsWith("/v1/messages")) messages(response, body, answer, number);
    else if (path.endsWith("/v1/responses")) responses(response, body, answer, number);
    else if (path.endsWith("/count_tokens")) json(response, 200, { input_tokens: 1000 });
    else if (path.endsWith("/v1/models")) json(response, 200, { data: [], models: [] });
    else json(response, 404, { error: { type: "not_found_error", message: path } });
    if (answer.hang) model.onHang();
  });
  function close() {
    server.closeAllConnections();
    server.close();
  }
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  model.url = `http://127.0.0.1:${server.address().port}`;
  return model;
}

/** Returns the name of the memory server in the tools of a request, or in its list of tools. */
const serverIn = (...parts) => SERVER.exec(JSON.stringify(parts))?.[0] ?? "mcp__memory";

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Opens a stream of events. The returned function sends one, named by its `type`. */
function events(response) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  return (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** Answers as the Messages API does. */
function messages(response, { model, stream, tools, messages: sent }, answer, number) {
  const { tool, input } = answer.call ?? {};
  const name = `${serverIn(tools, sent)}__${tool}`;
  const block = tool
    ? { type: "tool_use", id: `toolu_${number}`, name, input }
    : { type: "text", text: answer.text ?? "" };
  const usage = { input_tokens: answer.tokens ?? 1000, output_tokens: 10 };
  const end = { stop_reason: tool ? "tool_use" : "end_turn", stop_sequence: null };
  const message = { id: `msg_${number}`, type: "message", role: "assistant", model, usage };
  if (!stream) return json(response, 200, { ...message, ...end, content: [block] });
  const send = events(response);
  const begun = { ...message, content: [], stop_reason: null, stop_sequence: null };
  send({ type: "message_start", message: begun });
  const empty = tool ? { ...block, input: {} } : { ...block, text: "" };
  send({ type: "content_block_start", index: 0, content_block: empty });
  if (answer.hang) return undefined;
  const delta = tool
    ? { type: "input_json_delta", partial_json: JSON.stringify(input) }
    : { type: "text_delta", text: block.text };
  send({ type: "content_block_delta", index: 0, delta });
  send({ type: "content_block_stop", index: 0 });
  send({ type: "message_delta", delta: end, usage });
  send({ type: "message_stop" });
  return response.end();
}

/** Answers as the Responses API does. */
function responses(response, { model, tools }, answer, number) {
  const { tool, input } = answer.call ?? {};
  const call = { type: "function_call", call_id: `call_${number}`, name: tool };
  const said = [{ type: "output_text", text: answer.text ?? "", annotations: [] }];
  const item = tool
    ? { ...call, namespace: serverIn(tools), arguments: JSON.stringify(input) }
    : { type: "message", role: "assistant", content: said };
  const made = { id: `resp_${number}`, object: "response", model };
  const send = events(response);
  send({ type: "response.created", response: { ...made, status: "in_progress", output: [] } });
  if (answer.hang) return undefined;
  const done = { ...item, id: `item_${number}`, status: "completed" };
  send({ type: "response.output_item.done", output_index: 0, item: done });
  const read = answer.tokens ?? 1000;
  const usage = { input_tokens: read, output_tokens: 10, total_tokens: read + 10 };
  const whole = { ...made, status: "completed", output: [done], usage };
  send({ type: "response.completed", response: whole });
  return response.end();
}
