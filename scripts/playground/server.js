// All that the page says to the server. A key is given with each call and kept nowhere here.

const ENDPOINT = "/graphql";

const ABOUT = `query About {
  viewer { name mode prefix scopes expiresAt workspace { name } }
  scopes { name displayName description granted }
}`;

/** Posts a GraphQL request. Throws a message for people where no JSON comes back. */
export async function ask(key, request) {
  const started = performance.now();
  const response = await post(key, request).catch(() => {
    throw new Error("The server cannot be reached. Check that it runs and that you are online, then try again.");
  });
  const text = await response.text();
  const milliseconds = performance.now() - started;
  try {
    const body = JSON.parse(text);
    return { status: response.status, body, milliseconds, bytes: new Blob([text]).size };
  } catch {
    throw new Error(`The server answered ${response.status} without JSON. A proxy before it may have an explanation.`);
  }
}

/** What the server tells of a key: `{ key, viewer, scopes }`. Throws a message for people where it accepts none. */
export async function openSession(key) {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error("A key has only letters, digits and underscores.");
  const { body } = await ask(key, { query: ABOUT, operationName: "About" });
  if (!body.data) throw new Error(body.errors?.[0]?.message ?? "The server does not say anything about this key.");
  return { key, ...body.data };
}

function post(key, request) {
  return fetch(ENDPOINT, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(request),
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
  });
}
