import { TriangleAlert } from 'lucide-react';
import type { Problem } from '../../app/base/result.ts';
import { Inline } from './prose.tsx';

/** What a source could not tell, or told in a way that had to be guessed at. */
export function Warnings({ warnings }: { readonly warnings: readonly Problem[] }) {
  if (warnings.length === 0) return null;
  return (
    <details className="warnings" open={warnings.length <= 3}>
      <summary>
        {warnings.length === 1
          ? 'One thing to know about the source'
          : `${warnings.length} things to know about the sources`}
      </summary>
      <ul>
        {warnings.map((warning, i) => (
          <li key={i}>
            <TriangleAlert size={13} aria-hidden="true" />
            <span>
              <Inline text={warning.message} />
              {warning.line > 0 && <span className="muted"> · line {warning.line}</span>}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
