// The playground of Leadgraph: a key, GraphiQL with that key's schema, and what the key may do. The key lives in this
// page's memory and leaves it only as an Authorization header to our own /graphql: never in the URL, storage or a cookie.
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { KeyField } from "./key-field.jsx";
import { Mark } from "./mark.jsx";
import { openSession } from "./server.js";
import { Welcome } from "./welcome.jsx";
import { Workbench } from "./workbench.jsx";

import "@graphiql/react/font/fira-code.css";
import "@graphiql/react/font/roboto.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-explorer/style.css";
import "./playground.css";

// Workers are siblings of this module and carry the same version query, so that one deployment never mixes two builds.
const worker = (name) => new Worker(new URL(`./${name}.worker.js${new URL(import.meta.url).search}`, import.meta.url));

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => worker(label === "json" || label === "graphql" ? label : "editor"),
};

const ROOM_FOR_PANEL = 1100;

/** The key that the page came with, which is taken out of it; reloaded, the page has none. */
function takeKey() {
  const handed = document.querySelector("meta[name=leadgraph-key]");
  if (!handed) return "";
  handed.remove();
  history.replaceState(null, "", "/playground");
  return handed.content;
}

/** The operation that the address gives to begin with, `#query=…&variables=…`, which is taken out of it. Nothing runs it. */
function takeOperation() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("query")) return {};
  history.replaceState(null, "", location.pathname);
  return { query: given.get("query"), variables: given.get("variables") ?? "" };
}

const HANDED = takeKey();
const OPERATION = takeOperation();

function Playground() {
  const [session, setSession] = useState(null);
  const [panelShown, showPanel] = useState(window.innerWidth >= ROOM_FOR_PANEL);

  const connect = (key) => openSession(key).then(setSession, (error) => error.message);
  useEffect(() => void (HANDED && connect(HANDED)), []);
  const refuse = (message) => setSession((current) => ({ ...current, refused: message }));

  if (!session) return <Welcome onConnect={connect} />;
  return (
    <>
      <header className="bar">
        <Mark size={24} />
        <h1>
          Leadgraph <span>Playground</span>
        </h1>
        <KeyField label="Another API key" action="Switch key" onConnect={connect} />
        <button type="button" aria-expanded={panelShown} title="What this key is and may do" onClick={() => showPanel(!panelShown)}>
          <span className="badge" data-mode={session.viewer.mode}>
            {session.viewer.mode.toLowerCase()}
          </span>
          <span className="bar-key">{session.viewer.name}</span>
        </button>
      </header>
      <Workbench session={session} operation={OPERATION} panelShown={panelShown} onRefused={refuse} onForget={() => setSession(null)} />
    </>
  );
}

createRoot(document.getElementById("playground")).render(<Playground />);
