/** The sign of Memscape: one address space, part of it elsewhere. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 18 18" aria-hidden="true">
      <rect x="1" y="1" width="16" height="16" rx="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M4 4h4.2v4.2H4zM4 9.8h4.2V14H4zM9.8 9.8H14V14H9.8z" fill="currentColor" />
      <path d="M9.8 4H14v4.2H9.8z" fill="var(--state-private)" />
    </svg>
  );
}
