import { useId } from 'react';

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  /** What is wrong with the value; null: it can be read, or is empty. */
  readonly fault: string | null;
  readonly unit?: string;
  readonly onChange: (value: string) => void;
}

/** A number or a size; what cannot be read is said below it. */
export function TextField({ label, value, placeholder, fault, unit, onChange }: TextFieldProps) {
  const id = useId();
  return (
    <div className="query-field">
      <label htmlFor={id}>{label}</label>
      <div className="query-value">
        <input
          id={id}
          type="text"
          aria-invalid={fault !== null}
          aria-describedby={fault === null ? undefined : `${id}-fault`}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value.slice(0, 40))}
        />
        {unit !== undefined && <span className="muted">{unit}</span>}
      </div>
      {fault !== null && (
        <p id={`${id}-fault`} className="query-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
