// The side panel: what the key is, what it may do, and what there is to begin with.
import { listings } from "./starter.js";

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function KeyPanel({ session, schema, noSchema, onStart, onForget }) {
  const { viewer, scopes } = session;
  return (
    <aside className="key-panel" aria-label="Key">
      <header>
        <div className="key-panel-title">
          <h2>{viewer.name}</h2>
          <span className="badge" data-mode={viewer.mode}>
            {viewer.mode.toLowerCase()}
          </span>
        </div>
        <dl>
          <dt>Workspace</dt>
          <dd>{viewer.workspace.name}</dd>
          <dt>Key</dt>
          <dd>
            <code>{viewer.prefix}…</code>
          </dd>
          <dt>Expires</dt>
          <dd>
            <Expiry at={viewer.expiresAt} />
          </dd>
        </dl>
        {session.refused && (
          <p className="notice" data-tone="danger" role="alert">
            {session.refused}
          </p>
        )}
      </header>
      <Scopes granted={viewer.scopes} scopes={scopes} />
      <Records schema={schema} noSchema={noSchema} onStart={onStart} />
      <footer>
        <button type="button" onClick={onForget}>
          Forget this key
        </button>
      </footer>
    </aside>
  );
}

function Expiry({ at }) {
  if (!at) return "Never";
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  const text = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} data-tone={seconds < 604_800 ? "warning" : undefined}>
      {text}
    </time>
  );
}

/** The verbs of every noun that the key may do anything with; those that it lacks stand there too, but faded. */
function Scopes({ granted, scopes }) {
  const nouns = new Map();
  for (const scope of scopes) {
    const [noun, verb] = scope.name.split(":");
    // `write` and `*` are sums of others, which the server spells out in `granted`.
    if (!verb || verb === "write") continue;
    nouns.set(noun, [...(nouns.get(noun) ?? []), { ...scope, verb }]);
  }
  const open = [...nouns].filter(([, verbs]) => verbs.some((verb) => verb.granted));
  const closed = [...nouns.keys()].filter((noun) => !open.some(([name]) => name === noun));
  return (
    <section aria-label="Scopes">
      <h3>Scopes</h3>
      {granted.includes("*") && (
        <p className="notice" data-tone="accent">
          <strong>Full access.</strong> Everything, now and in the future.
        </p>
      )}
      {!open.length && <p className="faint">None: this key can ask who it is, and nothing else.</p>}
      <ul className="scopes">
        {open.map(([noun, verbs]) => (
          <li key={noun}>
            <span>{spoken(noun)}</span>
            <span className="verbs">
              {verbs.map(({ name, verb, granted: has, description }) => (
                <span key={name} className="verb" data-granted={has} title={`${name}: ${description}`}>
                  {verb}
                  {!has && <span className="unseen"> not granted</span>}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
      {open.length > 0 && closed.length > 0 && (
        <p className="faint">No access to {closed.map(spoken).join(", ")}.</p>
      )}
    </section>
  );
}

function Records({ schema, noSchema, onStart }) {
  const found = listings(schema).sort((one, other) => one.name.localeCompare(other.name));
  if (noSchema) {
    return (
      <section aria-label="Records">
        <h3>Schema</h3>
        <p className="notice" data-tone="warning">
          {noSchema} Queries run all the same, without documentation and completion.
        </p>
      </section>
    );
  }
  if (!found.length) return null;
  return (
    <section aria-label="Records">
      <h3>Start with</h3>
      <ul className="records">
        {found.map((listing) => (
          <li key={listing.name}>
            <button type="button" onClick={() => onStart(listing)}>
              {listing.name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const spoken = (noun) => noun.replaceAll("_", " ").replace("api ", "API ");
