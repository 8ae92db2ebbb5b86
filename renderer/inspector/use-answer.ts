import { useEffect, useRef, useState } from 'react';
import { reportLost } from '../session/lost.ts';

/**
 * The answer to the latest question. While a new one is under way the old answer stays on screen; answers that come
 * late are dropped. `key` says when the question is another one; null asks nothing.
 */
export function useAnswer<T>(key: string | null, ask: () => Promise<T>): T | null {
  const [answer, setAnswer] = useState<T | null>(null);
  const latest = useRef<string | null>(null);
  const asked = useRef(ask);
  asked.current = ask;
  useEffect(() => {
    latest.current = key;
    if (key === null) {
      setAnswer(null);
      return;
    }
    asked.current().then((value) => {
      if (latest.current === key) setAnswer(() => value);
    }, reportLost);
  }, [key]);
  return answer;
}
