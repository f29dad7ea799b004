// Below the response: what to do where the query failed for its key, and what it took.
export function Outcome({ outcome, session }) {
  return (
    <div className="outcome">
      {outcome?.missing && <MissingScopes names={outcome.missing} session={session} />}
      {outcome?.problem && <Problem title={outcome.problem} />}
      <div className="status-bar" role="status" aria-label="Last query">
        {outcome ? <Figures {...outcome} /> : <span>Run the query with Ctrl + Enter, or ⌘ Enter on a Mac.</span>}
      </div>
    </div>
  );
}

function Figures({ status, milliseconds, bytes, cost }) {
  if (!status) return <span data-tone="danger">No answer</span>;
  return (
    <>
      <span data-tone={status < 300 ? "success" : "danger"}>{status < 300 ? "OK" : `Error ${status}`}</span>
      <span title="From sending to the last byte, as this browser saw it">{milliseconds.toFixed(0)} ms</span>
      <span title="Size of the answer, decompressed">{size(bytes)}</span>
      {cost && <Cost {...cost} />}
    </>
  );
}

function MissingScopes({ names, session }) {
  const described = names.map((name) => session.scopes.find((scope) => scope.name === name) ?? { name });
  return (
    <section className="problem" data-tone="warning" role="alert">
      <h3>{names.length === 1 ? "A scope is missing" : "Scopes are missing"}</h3>
      <p>Nothing was read. For this query the key also needs:</p>
      <ul>
        {described.map(({ name, description }) => (
          <li key={name}>
            <code>{name}</code> {description}
          </li>
        ))}
      </ul>
      <p>
        It has {session.viewer.scopes.length ? "only " : "none."}
        {session.viewer.scopes.map((name) => (
          <span key={name}>
            <code>{name}</code>{" "}
          </span>
        ))}
      </p>
    </section>
  );
}

function Problem({ title }) {
  return (
    <section className="problem" data-tone="danger" role="alert">
      <p>{title}</p>
    </section>
  );
}

const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);
