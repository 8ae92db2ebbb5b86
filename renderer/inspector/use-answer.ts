import { useEffect, useRef, useState } from 'react';
import { reportLost } from '../session/lost.ts';

/**
 * The answer to the latest question. While a new one is under way the old answer stays on screen; answers that come
 * late are dropped. `key` says when the question is another one; null asks nothing. Where the answer is `known`
 * already, nothing is asked.
 */
export function useAnswer<T>(key: string | null, ask: () => Promise<T>, known: T | null = null): T | null {
  const [answer, setAnswer] = useState<T | null>(null);
  const latest = useRef<string | null>(null);
  const asked = useRef({ ask, known });
  asked.current = { ask, known };
  useEffect(() => {
    latest.current = key;
    if (key === null || asked.current.known !== null) {
      setAnswer(() => asked.current.known);
      return;
    }
    asked.current.ask().then((value) => {
      if (latest.current === key) setAnswer(() => value);
    }, reportLost);
  }, [key]);
  return known ?? answer;
}
