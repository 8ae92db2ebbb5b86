import { memo } from 'react';

interface ProseProps {
  /** Paragraphs of plain text; `code` in backquotes. */
  readonly text: string;
}

/** Text of a scenario file: paragraphs and code, nothing else. */
export const Prose = memo(function Prose({ text }: ProseProps) {
  return (
    <>
      {text
        .trim()
        .split(/\n\s*\n/)
        .map((paragraph, i) => (
          <p key={i}>
            <Inline text={paragraph} />
          </p>
        ))}
    </>
  );
});

/** One line of such text. */
export function Inline({ text }: ProseProps) {
  return text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}
