// GraphiQL for one key at a time, with what this page adds to it: a starter query, the key's panel, the outcome.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useRef, useState } from "react";

import { createFetcher } from "./fetcher.js";
import { KeyPanel } from "./key-panel.jsx";
import { Outcome } from "./outcome.jsx";
import { listings, starterQuery } from "./starter.js";

const EXPLORER = explorerPlugin({ showAttribution: false });
const PLUGINS = [EXPLORER, HISTORY_PLUGIN];
const ROOM_FOR_EXPLORER = 1280;

// People's names are full of letters that Monaco would mark as easily confused.
const EDITOR = { fontSize: 13, unicodeHighlight: { ambiguousCharacters: false } };

/** The part of the Storage interface that GraphiQL uses, forgotten with the key or the page. */
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

export function Workbench({ session, operation, panelShown, onRefused, onForget }) {
  const { key } = session;
  const [storage] = useState(memoryStorage);
  const [tab, setTab] = useState();
  const [outcome, setOutcome] = useState({});
  const [noSchema, setNoSchema] = useState({});
  const now = useRef();
  now.current = { key, tab };

  // A new identity for each key makes GraphiQL drop the old schema and ask for the new one.
  const fetcher = useMemo(
    () =>
      createFetcher(key, {
        isCurrent: () => now.current.key === key,
        onAnswer: (answer) => {
          setOutcome({ ...now.current, answer });
          if (answer.status === 401) onRefused(answer.body.errors[0].message);
        },
        onNoSchema: (problem) => setNoSchema({ key, problem }),
      }),
    [key],
  );

  return (
    <main className="workbench" data-panel={panelShown}>
      <GraphiQL
        fetcher={fetcher}
        schemaDescription
        inputValueDeprecation
        storage={storage}
        plugins={PLUGINS}
        visiblePlugin={window.innerWidth < ROOM_FOR_EXPLORER ? undefined : EXPLORER}
        defaultQuery=""
        initialQuery={operation.query}
        initialVariables={operation.variables}
        shouldPersistHeaders={false}
        isHeadersEditorEnabled={false}
        onTabChange={({ tabs, activeTabIndex }) => setTab(tabs[activeTabIndex].id)}
      >
        <GraphiQL.Logo>
          <></>
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <Outcome answer={outcome.key === key && outcome.tab === tab ? outcome.answer : null} session={session} />
        </GraphiQL.Footer>
        <Beside session={session} noSchema={noSchema.key === key ? noSchema.problem : ""} onForget={onForget} />
      </GraphiQL>
    </main>
  );
}

/** The panel. Puts a starter query of the key's own schema into the editor, as long as nobody has written there. */
function Beside({ session, noSchema, onForget }) {
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
    if (queryEditor && (schema || noSchema) && untouched()) put(starterQuery(listings(schema)[0]));
  }, [queryEditor, schema, noSchema]);

  // What one key read is not left standing beside the name of another.
  useEffect(() => responseEditor?.setValue(""), [session.key]);

  // With each schema the explorer puts the focus into an argument, and with it out of sight what stands above.
  useEffect(() => {
    queryEditor?.focus();
    document.querySelector(".graphiql-plugin")?.scrollTo(0, 0);
  }, [queryEditor, schema]);

  useEffect(() => queryEditor?.updateOptions(EDITOR), [queryEditor]);
  useEffect(() => responseEditor?.updateOptions(EDITOR), [responseEditor]);

  const start = (listing) => {
    if (!untouched()) addTab();
    put(starterQuery(listing));
  };

  return <KeyPanel session={session} schema={schema} noSchema={noSchema} onStart={start} onForget={onForget} />;
}
