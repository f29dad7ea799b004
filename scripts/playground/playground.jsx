// The GraphiQL page of Leadgraph. The API key lives in this module's memory and leaves it only as an Authorization
// header to our own /graphql: never in the URL, in storage or in a cookie.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

import "@graphiql/react/font/fira-code.css";
import "@graphiql/react/font/roboto.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-explorer/style.css";
import "./playground.css";

const ENDPOINT = "/graphql";

// Valid for every key, whatever its scopes are.
const DEFAULT_QUERY = `{
  ping
  viewer {
    name
    mode
    scopes
  }
}
`;

const NO_KEY = "Enter an API key above to run queries and to load the schema that it may see.";

// Workers are siblings of this module and carry the same version query, so that one deployment never mixes two builds.
const worker = (name) => new Worker(new URL(`./${name}.worker.js${new URL(import.meta.url).search}`, import.meta.url));

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => worker(label === "json" || label === "graphql" ? label : "editor"),
};

/** The part of the Storage interface that GraphiQL uses, forgotten when the page is closed. */
function memoryStorage() {
  const items = new Map();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
    clear: () => items.clear(),
    get length() {
      return items.size;
    },
  };
}

const STORAGE = memoryStorage();
const PLUGINS = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

async function post(key, params) {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(params),
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    throw new Error(`The server answered ${response.status} without JSON: ${text.slice(0, 200)}`);
  }
}

/** A GraphiQL fetcher for one key. `report` gets what the header bar shall say of the key: a tone and a text. */
function createFetcher(key, report) {
  const run = async (params) => {
    const { status, body } = await post(key, params);
    if (status === 401) report("error", body.errors?.[0]?.message ?? "The server refused this key.");
    return body;
  };
  const introspect = async (params) => {
    try {
      const { body } = await post(key, params);
      // Thrown, because GraphiQL answers a result without data by asking once more.
      if (!body.data) throw new Error(body.errors?.[0]?.message ?? "The server gave no schema.");
      report("success", "Schema loaded for this key.");
      return body;
    } catch (error) {
      report("error", error.message);
      throw error;
    }
  };
  return async (params) => {
    if (!key) return { errors: [{ message: NO_KEY }] };
    return params.operationName === "IntrospectionQuery" ? introspect(params) : run(params);
  };
}

function KeyBar({ applied, onApply, status }) {
  const [draft, setDraft] = useState("");
  const apply = () => onApply(draft.trim());
  // No <form>: a native submission would put the key into the URL.
  return (
    <header className="playground-bar">
      <strong>Leadgraph</strong>
      <label htmlFor="api-key">API key</label>
      <input
        id="api-key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        data-1p-ignore=""
        data-lpignore="true"
        placeholder="Paste a key, then press Enter"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && apply()}
        onBlur={apply}
      />
      <button type="button" onClick={apply} disabled={draft.trim() === applied}>
        Use key
      </button>
      <span role="status" data-tone={status.tone}>
        {status.text}
      </span>
    </header>
  );
}

function Playground() {
  const [key, setKey] = useState("");
  const [report, setReport] = useState(null);

  // A new identity per key makes GraphiQL drop the old schema and introspect again.
  const fetcher = useMemo(() => createFetcher(key, (tone, text) => setReport({ key, tone, text })), [key]);

  let status = { tone: "hint", text: NO_KEY };
  if (key) status = report?.key === key ? report : { tone: "hint", text: "Loading the schema…" };

  return (
    <>
      <KeyBar applied={key} onApply={setKey} status={status} />
      <main className="playground-main">
        <GraphiQL
          fetcher={fetcher}
          schema={key ? undefined : null /* null: do not introspect */}
          schemaDescription
          inputValueDeprecation
          storage={STORAGE}
          plugins={PLUGINS}
          defaultQuery={DEFAULT_QUERY}
          shouldPersistHeaders={false}
          isHeadersEditorEnabled={false}
        >
          <GraphiQL.Logo>
            <></>
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

createRoot(document.getElementById("playground")).render(<Playground />);
