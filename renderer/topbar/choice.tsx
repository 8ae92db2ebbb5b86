import { Select } from 'radix-ui';
import { Check, ChevronsUpDown } from 'lucide-react';
import './choice.css';

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly title: string }[];
  readonly onChange: (value: string) => void;
}

/** One of a few: a list that opens on a click. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Select.Root value={value} onValueChange={onChange}>
      <Select.Trigger className="control plain choice" aria-label={label}>
        <span className="choice-value">
          <Select.Value />
        </span>
        <ChevronsUpDown size={12} aria-hidden="true" />
      </Select.Trigger>
      <Select.Portal>
        <Select.Content className="floating choice-list" position="popper" sideOffset={4}>
          <Select.Viewport>
            {options.map((option) => (
              <Select.Item key={option.value} value={option.value} className="choice-item">
                <Select.ItemIndicator className="choice-check">
                  <Check size={13} aria-hidden="true" />
                </Select.ItemIndicator>
                <Select.ItemText>{option.title}</Select.ItemText>
              </Select.Item>
            ))}
          </Select.Viewport>
        </Select.Content>
      </Select.Portal>
    </Select.Root>
  );
}
