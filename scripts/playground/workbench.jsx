// GraphiQL for one key at a time, with what this page adds to it: a starter query, the key's panel, the outcome.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useRef, useState } from "react";

import { KeyPanel } from "./key-panel.jsx";
import { Outcome } from "./outcome.jsx";
import { ask } from "./server.js";
import { listings, starterQuery } from "./starter.js";

/** The part of the Storage interface that GraphiQL uses, forgotten when the page is closed. */
const MEMORY = new Map();
const STORAGE = {
  getItem: (name) => MEMORY.get(name) ?? null,
  setItem: (name, value) => void MEMORY.set(name, value),
  removeItem: (name) => void MEMORY.delete(name),
  clear: () => MEMORY.clear(),
  get length() {
    return MEMORY.size;
  },
};

const EXPLORER = explorerPlugin({ showAttribution: false });
const PLUGINS = [EXPLORER, HISTORY_PLUGIN];
const WIDE = 1280;

// People's names are full of letters that Monaco would mark as easily confused.
const EDITOR = { fontSize: 13, unicodeHighlight: { ambiguousCharacters: false } };

export function Workbench({ session, panelShown, onRefused, onForget }) {
  const [tab, setTab] = useState();
  const [outcome, setOutcome] = useState(null);
  const [schemaProblem, setSchemaProblem] = useState("");
  const now = useRef();
  now.current = { key: session.key, tab };

  // A new identity for each key makes GraphiQL drop the old schema and ask for the new one.
  const fetcher = useMemo(() => {
    const { key } = session;
    setOutcome(null);
    setSchemaProblem("");

    const introspect = async (request) => {
      try {
        const { body } = await ask(key, request);
        if (body.data) return body;
        throw new Error(body.errors[0].message); // GraphiQL would ask once more if it got a result without data
      } catch (error) {
        setSchemaProblem(error.message);
        throw error;
      }
    };

    const run = async (request) => {
      const answer = await ask(key, request).catch((error) => ({ problem: error.message }));
      if (now.current.key !== key) return withError("The key was changed before the answer came.");
      setOutcome({ ...readOutcome(answer), tab: now.current.tab });
      if (answer.status === 401) onRefused(answer.body.errors[0].message);
      return answer.body ?? withError(answer.problem);
    };

    return (request) => (request.operationName === "IntrospectionQuery" ? introspect(request) : run(request));
  }, [session.key]);

  return (
    <main className="workbench" data-panel={panelShown}>
      <GraphiQL
        fetcher={fetcher}
        schemaDescription
        inputValueDeprecation
        storage={STORAGE}
        plugins={PLUGINS}
        visiblePlugin={window.innerWidth < WIDE ? undefined : EXPLORER}
        defaultQuery=""
        shouldPersistHeaders={false}
        isHeadersEditorEnabled={false}
        onTabChange={({ tabs, activeTabIndex }) => setTab(tabs[activeTabIndex].id)}
      >
        <GraphiQL.Logo>
          <></>
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <Outcome outcome={outcome?.tab === tab ? outcome : null} session={session} />
        </GraphiQL.Footer>
        <Beside session={session} schemaProblem={schemaProblem} onForget={onForget} />
      </GraphiQL>
    </main>
  );
}

/** Puts a starter query of the key's own schema into the editor, as long as nobody has written there. */
function Beside({ session, schemaProblem, onForget }) {
  const { queryEditor, responseEditor, schema } = useGraphiQL(pick("queryEditor", "responseEditor", "schema"));
  const { addTab } = useGraphiQLActions();
  const starter = useRef("");

  const put = (query) => {
    queryEditor.focus(); // first: the explorer puts the focus into what it adds, unless it is in an editor
    queryEditor.setValue(query);
    starter.current = query;
  };
  const untouched = () => ["", starter.current].includes(queryEditor.getValue());

  useEffect(() => {
    if (queryEditor && (schema || schemaProblem) && untouched()) put(starterQuery(listings(schema)[0]));
  }, [queryEditor, schema, schemaProblem]);

  // What one key read is not left standing beside the name of another.
  useEffect(() => responseEditor?.setValue(""), [session.key]);

  useEffect(() => queryEditor?.updateOptions(EDITOR), [queryEditor]);
  useEffect(() => responseEditor?.updateOptions(EDITOR), [responseEditor]);

  const start = (listing) => {
    if (!untouched()) addTab();
    put(starterQuery(listing));
  };

  return (
    <KeyPanel session={session} schema={schema} schemaProblem={schemaProblem} onStart={start} onForget={onForget} />
  );
}

const withError = (message) => ({ errors: [{ message }] });

function readOutcome({ status, body, milliseconds, bytes, problem }) {
  const missing = body?.errors?.find((error) => error.extensions?.reason === "INSUFFICIENT_SCOPE");
  return { status, milliseconds, bytes, problem, missing: missing?.extensions.requiredScopes };
}
