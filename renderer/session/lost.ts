import { useDocument } from '../stores/document.ts';

/** The session did not answer: says so on screen, and leaves what is painted as it is. */
export function reportLost(error: unknown): void {
  useDocument.setState({ lost: error instanceof Error ? error.message : String(error) });
}
