/** The one origin that pages of the desktop app have. */
export const scheme = 'app';
export const origin = 'app://memscape';
export const startPage = `${origin}/index.html`;

/** Whether an address belongs to the app itself. */
export function isOwn(address: string): boolean {
  try {
    const url = new URL(address);
    return url.protocol === `${scheme}:` && url.host === 'memscape';
  } catch {
    return false;
  }
}
