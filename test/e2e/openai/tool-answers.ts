/** What a provider of OpenAI's protocol answers as a response that calls a tool. */
import { response, toolArguments } from "./answers.ts";

type Json = Readonly<Record<string, unknown>>;

const call = (status: string, args = toolArguments): Json => ({
  ...{ id: "fc_theirs", type: "function_call", call_id: "call_1", name: "weather" },
  ...{ arguments: args, status },
});

export const toolResponse = (): Json => ({ ...response(""), output: [call("completed")] });

export function toolResponseEvents(): Json[] {
  const place = { item_id: "fc_theirs", output_index: 0 };
  const half = Math.floor(toolArguments.length / 2);
  const pieces = [toolArguments.slice(0, half), toolArguments.slice(half)];
  const events: Json[] = [
    { type: "response.created", response: response("", "in_progress") },
    { type: "response.in_progress", response: response("", "in_progress") },
    { type: "response.output_item.added", output_index: 0, item: call("in_progress", "") },
    ...pieces.map((delta) => ({ type: "response.function_call_arguments.delta", ...place, delta })),
    {
      ...{ type: "response.function_call_arguments.done", ...place },
      ...{ name: "weather", arguments: toolArguments },
    },
    { type: "response.output_item.done", output_index: 0, item: call("completed") },
    { type: "response.completed", response: toolResponse() },
  ];
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}
