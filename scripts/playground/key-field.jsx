// Where a key is pasted. What was accepted is taken out of the field, and with it out of the page.
import { useId, useState } from "react";

/** `onConnect` resolves to what is wrong with the key, or to nothing. */
export function KeyField({ label, action, hint, onConnect, autoFocus = false }) {
  const [draft, setDraft] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const id = useId();

  const connect = async () => {
    if (!draft.trim() || busy) return;
    setBusy(true);
    const found = (await onConnect(draft.trim())) ?? "";
    setBusy(false);
    setProblem(found);
    if (!found) setDraft("");
  };

  // Neither a form nor a password field: a submission would put the key into the address, and browsers offer to keep
  // passwords. The style sheet hides the characters.
  return (
    <div className="key-field" data-invalid={Boolean(problem)}>
      <label htmlFor={id}>{label}</label>
      <div className="key-field-row">
        <div className="key-field-box">
          <input
            id={id}
            className={shown ? "" : "concealed"}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            data-1p-ignore=""
            data-lpignore="true"
            placeholder="Paste a key"
            aria-invalid={Boolean(problem)}
            aria-describedby={`${id}-note`}
            autoFocus={autoFocus}
            readOnly={busy}
            value={draft}
            onChange={(event) => {
              setDraft(event.target.value);
              setProblem("");
            }}
            onKeyDown={(event) => event.key === "Enter" && connect()}
          />
          <button type="button" className="quiet" aria-pressed={shown} disabled={!draft} onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
          </button>
        </div>
        <button type="button" className="primary" onClick={connect} disabled={!draft.trim() || busy}>
          {busy ? "Checking…" : action}
        </button>
      </div>
      <p id={`${id}-note`} className="key-field-note" aria-live="polite">
        {problem || hint}
      </p>
    </div>
  );
}
