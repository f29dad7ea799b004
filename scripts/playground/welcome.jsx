// The page before it has a key.
import { KeyField } from "./key-field.jsx";
import { Mark } from "./mark.jsx";

const CREATE = `python -m app keys create \\
  --workspace acme --name Trial \\
  --scopes contacts:read`;

export function Welcome({ onConnect }) {
  return (
    <main className="welcome">
      <div className="welcome-card">
        <Mark size={40} />
        <h1>Explore the API as your key sees it</h1>
        <p className="welcome-lead">
          Schema, documentation, completion and the explorer show exactly what a key may use, and nothing else.
        </p>
        <KeyField
          label="API key"
          action="Open playground"
          hint="The key stays in this page’s memory and is sent only to this server. It is never stored, and gone when you reload."
          onConnect={onConnect}
          autoFocus
        />
        <section className="welcome-hints" aria-label="Where keys come from">
          <div>
            <h2>With demo data</h2>
            <p>
              <code>scripts/demo</code> prints keys of different scopes and keeps them in <code>demo-data/demo.json</code>. Open
              a wide one, then switch to a narrow one.
            </p>
          </div>
          <div>
            <h2>With your own</h2>
            <p>Make a key with the scopes that you want to try:</p>
            <code className="command">{CREATE}</code>
          </div>
        </section>
      </div>
    </main>
  );
}
