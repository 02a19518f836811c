// The openai package from npm.

import OpenAI, { BadRequestError } from "openai";
import { zodFunction, zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const model = "sim-small";
const question = "Is the valve in room A shut?";
const messages = [{ role: "user", content: question }];
const temperatures = { A: "-18 °C", B: "4 °C" };
const Reading = z.object({ room: z.string(), celsius: z.number() });
const Room = z.object({ room: z.string() });
const client = new OpenAI();

const readSensor = ({ room }) => `${room}: ${temperatures[room]}`;
const chatTool = zodFunction({ name: "read_sensor", parameters: Room, function: readSensor });
const responsesTool = {
  type: "function",
  name: "read_sensor",
  strict: true,
  parameters: {
    type: "object",
    properties: { room: { type: "string" } },
    required: ["room"],
    additionalProperties: false,
  },
};

async function collected(stream, pieceOf) {
  const pieces = [];
  for await (const part of stream) {
    const piece = pieceOf(part);
    if (piece) pieces.push(piece);
  }
  return pieces;
}

async function refusedWith(request) {
  try {
    await request;
  } catch (error) {
    if (error instanceof BadRequestError) return [error.status, error.code, error.param];
    throw error;
  }
}

const chat = {
  async plain() {
    return (await client.chat.completions.create({ model, messages })).choices[0].message.content;
  },
  async streamed() {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    return collected(stream, (chunk) => chunk.choices[0].delta.content);
  },
  tools: () => client.chat.completions.runTools({ model, messages, tools: [chatTool] }).finalContent(),
  streamed_tools: () =>
    client.chat.completions.runTools({ model, messages, tools: [chatTool], stream: true }).finalContent(),
  async structured() {
    const response_format = zodResponseFormat(Reading, "Reading");
    return (await client.chat.completions.parse({ model, messages, response_format })).choices[0].message.parsed;
  },
  retried: () => chat.plain(),
  refused: () => refusedWith(client.chat.completions.create({ model, messages, temperature: 2.5 })),
};

const responses = {
  async plain() {
    return (await client.responses.create({ model, input: question })).output_text;
  },
  async streamed() {
    const stream = await client.responses.create({ model, input: question, stream: true });
    return collected(stream, (event) => event.type === "response.output_text.delta" && event.delta);
  },
  async tools() {
    const first = await client.responses.create({ model, input: question, tools: [responsesTool] });
    return (await client.responses.create(answering(first))).output_text;
  },
  async streamed_tools() {
    const asked = { model, input: question, tools: [responsesTool] };
    const first = await client.responses.stream(asked).finalResponse();
    const second = await client.responses.stream(answering(first)).finalResponse();
    return second.output[0].content[0].text; // of a streamed response, this client makes no output_text
  },
  async structured() {
    const text = { format: zodTextFormat(Reading, "Reading") };
    return (await client.responses.parse({ model, input: question, text })).output_parsed;
  },
  retried: () => responses.plain(),
  refused: () => refusedWith(client.responses.create({ model, input: question, temperature: 2.5 })),
};

function answering(response) {
  const calls = response.output.filter((item) => item.type === "function_call");
  const input = calls.map(({ call_id, arguments: given }) => ({
    type: "function_call_output",
    call_id,
    output: readSensor(JSON.parse(given)),
  }));
  return { model, input, tools: [responsesTool], previous_response_id: response.id };
}

async function embeddings() {
  const { data } = await client.embeddings.create({ model: "sim-embed", input: ["valve", "pump"] });
  return data.map((entry) => entry.embedding.slice(0, 3));
}

const results = {};
for (const [api, scenarios] of Object.entries({ chat, responses })) {
  for (const [name, scenario] of Object.entries(scenarios)) results[`${api} ${name}`] = await scenario();
}
results.embeddings = await embeddings();
console.log(JSON.stringify(results));
