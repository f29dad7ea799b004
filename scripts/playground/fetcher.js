// GraphiQL's way to the server, for one key.
import { Kind, parse } from "graphql";

import { ask } from "./server.js";

/** `onAnswer` is told of each answer to a query, `onNoSchema` why there is none; `isCurrent` whether the key still is. */
export function createFetcher(key, { isCurrent, onAnswer, onNoSchema }) {
  const introspect = async (request) => {
    try {
      const { body } = await ask(key, request);
      if (body.data) return body;
      throw new Error(body.errors[0].message); // GraphiQL would ask once more if it got a result without data
    } catch (error) {
      onNoSchema(error.message);
      throw error;
    }
  };

  const run = async (request) => {
    const asked = { ...settled(request), extensions: { cost: true } };
    const answer = await ask(key, asked).catch((error) => ({ problem: error.message }));
    if (!isCurrent()) return withError("The key was changed before the answer came.");
    onAnswer(answer);
    if (answer.problem) return withError(answer.problem);
    const { extensions: _, ...shown } = answer.body; // the status bar tells the cost
    return shown;
  };

  return (request) => (request.operationName === "IntrospectionQuery" ? introspect(request) : run(request));
}

/** GraphiQL learns the name of an operation a moment after it was written; where there is only one, none is needed. */
function settled({ operationName, ...request }) {
  return countOperations(request.query) > 1 ? { ...request, operationName } : request;
}

function countOperations(query) {
  try {
    return parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
  } catch {
    return 0; // the server says what is wrong
  }
}

const withError = (message) => ({ errors: [{ message }] });
