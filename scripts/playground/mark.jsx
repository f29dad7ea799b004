// The sign of Leadgraph: three linked nodes.
export function Mark({ size }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="currentColor" />
      <path d="M8 7v10M8 17l8.5-5M8 7l8.5 5" stroke="#fff" strokeWidth="1.5" opacity=".7" />
      <circle cx="8" cy="7" r="2.25" fill="#fff" />
      <circle cx="8" cy="17" r="2.25" fill="#fff" />
      <circle cx="16.5" cy="12" r="2.25" fill="#fff" />
    </svg>
  );
}
