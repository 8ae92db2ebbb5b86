// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { chord, hasOwnUse, isTyping, printChord } from './keymap.ts';
import { commandOfChord, commands } from './commands.ts';

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe('a key press', () => {
  it.each([
    [press(' '), 'Space'],
    [press('ArrowLeft', { shiftKey: true }), 'Shift+ArrowLeft'],
    [press('k', { ctrlKey: true }), 'Ctrl+K'],
    [press('k', { metaKey: true }), 'Ctrl+K'],
    [press('?', { shiftKey: true }), '?'],
    [press('+', { shiftKey: true }), '+'],
    [press('C', { shiftKey: true }), 'Shift+C'],
    [press('c'), 'C'],
    [press('Home'), 'Home'],
  ])('%j is written %s', (event, text) => {
    expect(chord(event)).toBe(text);
  });

  it('is printed with arrows', () => {
    expect(printChord('Shift+ArrowRight')).toBe('Shift →');
    expect(printChord('+')).toBe('+');
  });
});

describe('the table of commands', () => {
  it('gives no key to two commands', () => {
    const keys = commands.flatMap((command) => command.keys);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('has the keys that everyone uses', () => {
    const ids = [
      'Space',
      'ArrowLeft',
      'ArrowRight',
      'Shift+ArrowLeft',
      'Shift+ArrowRight',
      ',',
      '.',
      'Home',
      'End',
      '?',
      'Ctrl+K',
    ].map((key) => commandOfChord.get(key)?.id);
    expect(ids).toEqual([
      'play',
      'step-back',
      'step-forward',
      'event-back',
      'event-forward',
      'event-back',
      'event-forward',
      'first',
      'last',
      'keys',
      'palette',
    ]);
  });
});

describe('shortcuts stay out of the way', () => {
  beforeEach(() => {
    document.body.innerHTML =
      '<input id="text"><input id="range" type="range"><button id="button"><i id="icon"></i></button><div role="tablist"><b id="tab"></b></div><p id="page"></p>';
  });
  const at = (id: string) => document.getElementById(id);

  it('while someone types, but not at a slider', () => {
    expect(isTyping(at('text'))).toBe(true);
    expect(isTyping(at('range'))).toBe(false);
    expect(isTyping(at('page'))).toBe(false);
  });

  it('where the element under the keyboard uses the key itself', () => {
    expect(hasOwnUse(at('icon'), 'Space')).toBe(true);
    expect(hasOwnUse(at('icon'), 'ArrowRight')).toBe(false);
    expect(hasOwnUse(at('range'), 'ArrowRight')).toBe(true);
    expect(hasOwnUse(at('tab'), 'ArrowRight')).toBe(true);
    expect(hasOwnUse(at('page'), 'Space')).toBe(false);
  });
});
