interface ExamplesProps<E extends { readonly said: string }> {
  readonly list: readonly E[];
  readonly onChoose: (example: E) => void;
}

/** Questions that this machine can answer: a place to begin. */
export function Examples<E extends { readonly said: string }>({ list, onChoose }: ExamplesProps<E>) {
  if (list.length === 0) return null;
  return (
    <div className="query-examples" role="group" aria-label="Examples">
      <span className="muted">For example</span>
      {list.map((example) => (
        <button key={example.said} type="button" className="control" onClick={() => onChoose(example)}>
          {example.said}
        </button>
      ))}
    </div>
  );
}
