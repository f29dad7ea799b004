// Below the response: what to do where the query failed for its key, and what it took.
export function Outcome({ answer, session }) {
  const errors = answer?.body?.errors ?? [];
  const missing = errors.find(({ extensions }) => extensions?.reason === "INSUFFICIENT_SCOPE");
  return (
    <div className="outcome">
      {missing && <MissingScopes names={missing.extensions.requiredScopes} session={session} />}
      {answer?.problem && (
        <p className="problem" data-tone="danger" role="alert">
          {answer.problem}
        </p>
      )}
      <div className="status-bar" role="status" aria-label="Last query">
        {answer ? <Figures {...answer} /> : <span>Run the query with Ctrl + Enter, or ⌘ Enter on a Mac.</span>}
      </div>
    </div>
  );
}

function Figures({ status, body, milliseconds, bytes }) {
  if (!status) return <span data-tone="danger">No answer</span>;
  return (
    <>
      <span data-tone={status < 300 ? "success" : "danger"}>{status < 300 ? "OK" : `Error ${status}`}</span>
      <span title="From sending to the last byte, as this browser saw it">{milliseconds.toFixed(0)} ms</span>
      <span title="Size of the answer, decompressed">{size(bytes)}</span>
      <Cost {...(body.extensions ?? body.errors?.[0].extensions)?.cost} />
    </>
  );
}

function Cost({ requested, limit, statements }) {
  if (requested === undefined) return null;
  return (
    <>
      <span
        data-tone={requested > limit ? "danger" : undefined}
        title="The most records that the operation may bring, and the most that one may ask for"
      >
        Cost {requested.toLocaleString("en")} of {limit.toLocaleString("en")}
      </span>
      {statements !== undefined && <span title="SQL statements, at most">{statements} SQL</span>}
    </>
  );
}

function MissingScopes({ names, session }) {
  const described = names.map((name) => session.scopes.find((scope) => scope.name === name) ?? { name });
  return (
    <section className="problem" data-tone="warning" role="alert">
      <h3>{names.length === 1 ? "A scope is missing" : "Scopes are missing"}</h3>
      <p>Nothing was done. For this operation the key also needs:</p>
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

const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);
